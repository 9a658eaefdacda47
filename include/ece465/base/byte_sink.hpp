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

/// Random-access output. Every write names its offset, so threads can share a sink.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Writes all of `bytes` at `offset`, growing the sink. Fails with `io` or `no_space`. Thread-safe for disjoint
  /// ranges.
  [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset, Bytes bytes) = 0;
};

/// A file that gets its name only when it is complete. Until `commit` it is unnamed where the file system supports
/// O_TMPFILE, and has a hidden temporary name beside the target elsewhere. Destroyed without `commit`, it leaves
/// nothing behind.
class OutputFile final : public ByteSink {
 public:
  enum class Existing { refuse, replace };

  /// Fails with `io` or `no_space` if the folder is not writable or the target is not a regular file, and with `refuse`
  /// also if the target exists. A replaced file keeps its permissions.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& target,
                                                                  Existing existing);
  /// The same for `name` (not a path) in an open folder, even if the folder is renamed meanwhile. A symlink of that
  /// name is not followed: it counts as a missing file, and `replace` replaces the link itself. `shown` is the file's
  /// name in messages.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> create_in(const Descriptor& folder, const std::string& name,
                                                                     const std::string& shown, Existing existing);
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, Bytes bytes) override;
  /// The offset behind the last byte written.
  [[nodiscard]] Result<std::uint64_t> size() const;
  /// Gives the file its name, atomically. With `refuse`, fails if a file of that name has appeared meanwhile.
  [[nodiscard]] Result<void> commit();
  /// Copies everything written so far to `descriptor` (standard output); for use instead of `commit`.
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

/// Collects bytes in memory, for tests, fuzzers and small results.
class MemorySink final : public ByteSink {
 public:
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, Bytes bytes) override;
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::mutex mutex_;  // guards bytes_, which moves when it grows
  std::vector<std::byte> bytes_;
};

}  // namespace ece465
