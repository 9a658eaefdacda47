#include "api/preview_cache.hpp"

#include "ece465/image/preview.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::cluster {

std::string PreviewCache::key(const DataFolder::Opened& file, std::uint32_t side) {
  return fmt::format("{}-p{}", file.version, side);
}

net::Task<Result<PreviewCache::Jpeg>> PreviewCache::get(DataFolder::Opened file, std::uint32_t side) {
  const std::string name = key(file, side);
  if (const auto at = entries_.find(name); at != entries_.end()) {
    order_.splice(order_.begin(), order_, at->second.order);
    co_return at->second.jpeg;
  }
  if (const auto at = pending_.find(name); at != pending_.end()) {
    const auto pending = at->second;
    while (!pending->outcome) co_await pending->done.wait();
    co_return *pending->outcome;
  }
  const auto pending = std::make_shared<Pending>(co_await asio::this_coro::executor);
  pending_.emplace(name, pending);
  auto outcome = co_await make(*file.source, side);
  if (outcome) keep(name, *outcome);
  pending->outcome = outcome;
  pending_.erase(name);
  pending->done.notify();
  co_return outcome;
}

/// Computes a preview, after waiting in the queue if necessary.
net::Task<Result<PreviewCache::Jpeg>> PreviewCache::make(const ByteSource& source, std::uint32_t side) {
  if (running_ >= context_.limits.previews_at_once) {
    if (queue_.size() >= context_.limits.previews_waiting) {
      co_return fail(Errc::unavailable, "Too many previews are being computed.");
    }
    // A finished computation hands its slot to the first in the queue, so later requests cannot overtake it.
    const auto slot = std::make_shared<net::Condition>(co_await asio::this_coro::executor);
    queue_.push_back(slot);
    co_await slot->wait();
  } else {
    ++running_;
  }
  image::PreviewOptions options;
  options.memory_bytes = context_.limits.preview_memory_bytes;
  auto made = co_await net::offload(context_.cpu, [&]() { return image::make_preview(source, side, options); });
  if (queue_.empty()) {
    --running_;
  } else {
    queue_.front()->notify();
    queue_.pop_front();
  }
  if (!made) co_return std::unexpected(std::move(made).error());
  co_return std::make_shared<const std::vector<std::byte>>(std::move(*made));
}

void PreviewCache::keep(const std::string& key, const Jpeg& jpeg) {
  order_.push_front(key);
  entries_.emplace(key, Entry{jpeg, order_.begin()});
  cached_bytes_ += jpeg->size();
  while (cached_bytes_ > context_.limits.preview_cache_bytes && !order_.empty()) {
    const auto oldest = entries_.find(order_.back());
    cached_bytes_ -= oldest->second.jpeg->size();
    entries_.erase(oldest);
    order_.pop_back();
  }
}

}  // namespace ece465::cluster
