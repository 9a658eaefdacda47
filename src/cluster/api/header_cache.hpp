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

/// What the headers of a file say: what it is, or why it cannot be read.
struct HeaderSummary {
  std::optional<ImageSummary> image;
  std::string detail;
};

/// Reads the headers of an image. Blocks.
[[nodiscard]] HeaderSummary read_headers(const ByteSource& source);

/// Remembers the headers of files as they were last seen, so that a list of a thousand files does not open each of
/// them each time. Thread-safe; `look` blocks.
class HeaderCache {
 public:
  explicit HeaderCache(std::size_t capacity = 4096) : capacity_(capacity) {}

  /// Nothing when the file is gone.
  [[nodiscard]] std::optional<HeaderSummary> look(const DataFolder& folder, std::string_view name);

 private:
  struct Known {
    std::string version;
    HeaderSummary summary;
    std::list<std::string>::iterator place;
  };

  std::mutex mutex_;  // guards what follows
  std::size_t capacity_;
  std::list<std::string> order_;  // names, the one asked for last at the front
  std::unordered_map<std::string, Known> known_;
};

}  // namespace ece465::cluster
