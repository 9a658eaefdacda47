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

/// The folder with inputs and results. Everything is opened relative to a descriptor of the folder, and no symlink
/// in it is followed: what is one, or no regular file, or has no safe name, is not there. Calls block (the files
/// pool is for them) and may come from any thread.
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
    /// Differs whenever the content does (device, inode, size, time of change): good for an ETag or a cache's key.
    std::string version;
  };

  /// Opens the folder, making it when it is missing. One process has it at a time, by a lock that ends with the
  /// process however it ends. Fails with `io`: not writable; `unavailable`: another master uses it (named).
  [[nodiscard]] static Result<DataFolder> open(const std::filesystem::path& path);

  /// Looks whether the folder is still there and can be written to. One that was made anew in its place (deleted, or
  /// mounted again) is taken over from then on, with its lock. Fails with `io`: gone, read-only; `unavailable`: another
  /// master has taken it meanwhile.
  [[nodiscard]] Result<void> follow();

  /// Images that are no results, sorted by name. Fails with `io`.
  [[nodiscard]] Result<std::vector<Entry>> inputs() const;
  [[nodiscard]] Result<std::vector<Entry>> results() const;
  /// The file as it is now: it keeps its content even when it is replaced or deleted while being read.
  /// Fails with `bad_input`: "File not found".
  [[nodiscard]] Result<std::shared_ptr<const ByteSource>> open_file(std::string_view name) const;
  [[nodiscard]] Result<Opened> open_version(std::string_view name) const;
  [[nodiscard]] Result<std::optional<Entry>> find(std::string_view name) const;
  /// For uploads and results: appears under its name at `commit`, whole, replacing what was there. Fails with
  /// `bad_input` (no safe name), `io`, `no_space`.
  [[nodiscard]] Result<std::unique_ptr<OutputFile>> create(std::string_view name) const;
  /// Returns false when it was not there.
  [[nodiscard]] Result<bool> remove(std::string_view name) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// The folder as it was opened: whoever works in it keeps it, while `follow` may put another in its place.
  struct Place {
    Descriptor folder, lock;
  };
  explicit DataFolder(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] static Result<std::shared_ptr<const Place>> take(const std::filesystem::path& path);
  [[nodiscard]] std::shared_ptr<const Place> place() const;
  [[nodiscard]] Result<std::vector<Entry>> list(bool results) const;

  std::filesystem::path path_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // guards what follows
  std::shared_ptr<const Place> place_;
};

}  // namespace ece465::cluster
