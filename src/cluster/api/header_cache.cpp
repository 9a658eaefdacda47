#include "api/header_cache.hpp"

#include "ece465/image/codec.hpp"

namespace ece465::cluster {

HeaderSummary read_headers(const ByteSource& source) {
  HeaderSummary summary;
  const auto reader = image::open_image(source, {});
  if (!reader) {
    summary.detail = reader.error().text();
    return summary;
  }
  const auto& pages = (*reader)->pages();
  const image::PageInfo& first = pages.front();
  ImageSummary& image = summary.image.emplace();
  image.format = (*reader)->format();
  image.width = first.width;
  image.height = first.height;
  image.bits = first.layout.bits;
  // A colour JPEG's chroma travels hidden behind its brightness; a palette's colours stand beside the pixels.
  image.color = first.layout.colors == 3 || first.auxiliary_samples > 0 || first.palette.has_value();
  image.pages = pages.size();
  return summary;
}

std::optional<HeaderSummary> HeaderCache::look(const DataFolder& folder, std::string_view name) {
  const std::string key(name);
  const auto opened = folder.open_version(key);
  if (!opened) return std::nullopt;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = known_.find(key);
    if (at != known_.end() && at->second.version == opened->version) {
      order_.splice(order_.begin(), order_, at->second.place);
      return at->second.summary;
    }
  }
  // Without the lock: it may take the disk's time. Two threads may both read one file; the later one is remembered.
  HeaderSummary summary = read_headers(*opened->source);
  const std::scoped_lock lock(mutex_);
  if (const auto at = known_.find(key); at != known_.end()) {
    order_.erase(at->second.place);
    known_.erase(at);
  }
  order_.push_front(key);
  known_.emplace(key, Known{opened->version, summary, order_.begin()});
  if (known_.size() > capacity_) {
    known_.erase(order_.back());
    order_.pop_back();
  }
  return summary;
}

}  // namespace ece465::cluster
