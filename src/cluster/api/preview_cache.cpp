#include "api/preview_cache.hpp"

#include "ece465/image/preview.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::cluster {

std::string Previews::key(const DataFolder::Opened& file, std::uint32_t side) {
  return fmt::format("{}-p{}", file.version, side);
}

net::Task<Result<Previews::Jpeg>> Previews::get(DataFolder::Opened file, std::uint32_t side) {
  const std::string name = key(file, side);
  if (const auto at = kept_.find(name); at != kept_.end()) {
    order_.splice(order_.begin(), order_, at->second.place);
    co_return at->second.jpeg;
  }
  if (const auto at = making_.find(name); at != making_.end()) {
    const auto making = at->second;
    while (!making->outcome) co_await making->done.wait();
    co_return *making->outcome;
  }
  const auto making = std::make_shared<Making>(co_await asio::this_coro::executor);
  making_.emplace(name, making);
  auto outcome = co_await make(*file.source, side);
  if (outcome) keep(name, *outcome);
  making->outcome = outcome;
  making_.erase(name);
  making->done.notify();
  co_return outcome;
}

/// Waits for a turn, and makes it.
net::Task<Result<Previews::Jpeg>> Previews::make(const ByteSource& source, std::uint32_t side) {
  if (at_work_ >= context_.limits.previews_at_once) {
    if (queue_.size() >= context_.limits.previews_waiting) {
      co_return fail(Errc::unavailable, "Too many previews at once.");
    }
    // Whoever ends hands its place over, so that nobody who comes later gets in between.
    const auto turn = std::make_shared<net::Event>(co_await asio::this_coro::executor);
    queue_.push_back(turn);
    co_await turn->wait();
  } else {
    ++at_work_;
  }
  image::PreviewOptions options;
  options.memory_bytes = context_.limits.preview_memory_bytes;
  auto made = co_await net::offload(context_.cpu, [&]() { return image::make_preview(source, side, options); });
  if (queue_.empty()) {
    --at_work_;
  } else {
    queue_.front()->notify();
    queue_.pop_front();
  }
  if (!made) co_return std::unexpected(std::move(made).error());
  co_return std::make_shared<const std::vector<std::byte>>(std::move(*made));
}

void Previews::keep(const std::string& key, const Jpeg& jpeg) {
  order_.push_front(key);
  kept_.emplace(key, Kept{jpeg, order_.begin()});
  kept_bytes_ += jpeg->size();
  while (kept_bytes_ > context_.limits.preview_cache_bytes && !order_.empty()) {
    const auto oldest = kept_.find(order_.back());
    kept_bytes_ -= oldest->second.jpeg->size();
    kept_.erase(oldest);
    order_.pop_back();
  }
}

}  // namespace ece465::cluster
