#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"
#include "ece465/base/descriptor.hpp"
#include "ece465/base/result.hpp"
#include "ece465/base/rfc3339.hpp"
#include "store/file_names.hpp"

namespace ece465::cluster {

/// The folder with inputs and results. Files are opened relative to a descriptor of the folder, and no symlink in it is
/// followed: anything but a regular file with a safe name is invisible. Calls block (use the files pool) and are
/// thread-safe.
class DataFolder {
 public:
  struct Entry {
    std::string name;
    std::uint64_t size = 0;
    WallTime modified{};
  };
  struct Opened {
    std::shared_ptr<const ByteSource> source;
    Entry entry;
    /// Changes with the content (device, inode, size, modification time): for ETags and cache keys.
    std::string version;
  };

  /// Opens the folder, creating it if necessary. It is locked for this process; the lock ends with the process. Fails
  /// with `io`: not writable; `unavailable`: another master uses it.
  [[nodiscard]] static Result<DataFolder> open(const std::filesystem::path& path);

  /// Checks that the folder still exists and is writable. If it has been replaced (deleted and created again, or
  /// remounted), the new one is locked and used from then on. Fails with `io`: missing or read-only; `unavailable`:
  /// another master has locked it meanwhile.
  [[nodiscard]] Result<void> follow();

  /// Images that are not results, sorted by name. Fails with `io`.
  [[nodiscard]] Result<std::vector<Entry>> inputs() const;
  [[nodiscard]] Result<std::vector<Entry>> results() const;
  /// The file as it is now: replacing or deleting it does not affect what is read.
  /// Fails with `bad_input`: "File not found".
  [[nodiscard]] Result<std::shared_ptr<const ByteSource>> open_file(std::string_view name) const;
  [[nodiscard]] Result<Opened> open_version(std::string_view name) const;
  [[nodiscard]] Result<std::optional<Entry>> find(std::string_view name) const;
  /// For uploads and results. The file appears under its name at `commit`, complete, replacing an existing one. Fails
  /// with `bad_input` (not a safe name), `io`, `no_space`.
  [[nodiscard]] Result<std::unique_ptr<OutputFile>> create(std::string_view name) const;
  /// Returns false if it did not exist.
  [[nodiscard]] Result<bool> remove(std::string_view name) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// The open folder. Calls in progress keep theirs while `follow` replaces it.
  struct Handles {
    Descriptor folder, lock;
  };
  explicit DataFolder(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] static Result<std::shared_ptr<const Handles>> take(const std::filesystem::path& path);
  [[nodiscard]] std::shared_ptr<const Handles> handles() const;
  [[nodiscard]] Result<std::vector<Entry>> list(bool results) const;

  std::filesystem::path path_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // guards handles_
  std::shared_ptr<const Handles> handles_;
};

}  // namespace ece465::cluster
