#include "api/header_cache.hpp"

#include "ece465/image/codec.hpp"

namespace ece465::cluster {
namespace {

HeaderSummary read_header(const ByteSource& source) {
  HeaderSummary summary;
  const auto reader = image::open_image(source, {});
  if (!reader) {
    summary.detail = reader.error().text();
    return summary;
  }
  summary.image = image_summary(**reader);
  return summary;
}

}  // namespace

std::optional<HeaderSummary> HeaderCache::look(const DataFolder& folder, std::string_view name) {
  const std::string key(name);
  const auto opened = folder.open_version(key);
  if (!opened) return std::nullopt;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = entries_.find(key);
    if (at != entries_.end() && at->second.version == opened->version) {
      order_.splice(order_.begin(), order_, at->second.order);
      return at->second.summary;
    }
  }
  // Without the lock, because the disk may be slow. If two threads read the same file, the later result is kept.
  HeaderSummary summary = read_header(*opened->source);
  const std::scoped_lock lock(mutex_);
  if (const auto at = entries_.find(key); at != entries_.end()) {
    order_.erase(at->second.order);
    entries_.erase(at);
  }
  order_.push_front(key);
  entries_.emplace(key, Entry{opened->version, summary, order_.begin()});
  if (entries_.size() > capacity_) {
    entries_.erase(order_.back());
    order_.pop_back();
  }
  return summary;
}

}  // namespace ece465::cluster
