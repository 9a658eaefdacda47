#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/descriptor.hpp"
#include "ece465/base/result.hpp"

namespace ece465 {

/// Random-access bytes to write. Writes take their own offset, so threads may share one.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Writes all of `bytes` at `offset`, growing the sink. Fails with `io` or `no_space`. Thread-safe for disjoint
  /// ranges.
  [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset, Bytes bytes) = 0;
};

/// A file that appears under its name only when it is complete. Until `commit` it has no name where the file
/// system allows that (O_TMPFILE), else a hidden temporary one beside the target; dropped without `commit`,
/// it leaves nothing behind.
class OutputFile final : public ByteSink {
 public:
  enum class Existing { refuse, replace };

  /// Fails with `io` (or `no_space`): unwritable folder, a target that is no regular file; with `refuse`, also one that
  /// exists already. A file that is replaced passes its permissions on.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& target,
                                                                  Existing existing);
  /// The same for `name` (no path) in an open folder, whatever becomes of the folder's own path. A symlink under
  /// that name is not followed: it counts as no file, and `replace` replaces the link itself. `shown` is what
  /// messages call the file.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create_in(const Descriptor& folder, const std::string& name,
                                                                     const std::string& shown, Existing existing);
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, Bytes bytes) override;
  /// Bytes from the start to the last one written.
  [[nodiscard]] Result<std::uint64_t> size() const;
  /// Gives the file its name, atomically. With `refuse` a file that appeared meanwhile wins, and this fails.
  [[nodiscard]] Result<void> commit();
  /// Sends everything written so far to `descriptor` (standard output) instead of giving it a name.
  [[nodiscard]] Result<void> copy_to(int descriptor, const std::string& name) const;

 private:
  OutputFile(Descriptor folder, std::string name, std::string shown, Existing existing);
  [[nodiscard]] Result<void> open(int follow);

  Descriptor folder_;
  std::string name_;       // in the folder
  std::string shown_;      // in messages
  std::string temporary_;  // in the folder; empty while the file has no name
  Existing existing_;
  Descriptor descriptor_;
};

/// Collects bytes in memory: for tests, fuzzers and small results.
class MemorySink final : public ByteSink {
 public:
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, Bytes bytes) override;
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::mutex mutex_;  // guards bytes_, which moves when it grows
  std::vector<std::byte> bytes_;
};

}  // namespace ece465
