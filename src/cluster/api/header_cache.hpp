#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "model/job.hpp"
#include "store/data_folder.hpp"

namespace ece465::cluster {

/// What an image's header says, or why it cannot be read.
struct HeaderSummary {
  std::optional<ImageSummary> image;
  std::string detail;
};

/// Caches the headers of files, so that listing a thousand files does not open each of them each time. Thread-safe;
/// `look` blocks.
class HeaderCache {
 public:
  explicit HeaderCache(std::size_t capacity = 4096) : capacity_(capacity) {}

  /// Nullopt if the file does not exist.
  [[nodiscard]] std::optional<HeaderSummary> look(const DataFolder& folder, std::string_view name);

 private:
  struct Entry {
    std::string version;
    HeaderSummary summary;
    std::list<std::string>::iterator order;
  };

  std::mutex mutex_;  // guards the rest
  std::size_t capacity_;
  std::list<std::string> order_;  // names, most recently used first
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ece465::cluster
