#include "memory_plan.hpp"

#include <algorithm>

namespace ece465::image {

Result<MemoryPlan> plan_memory(const PageInfo& page, const MemoryRequest& request) {
  // A block in progress may exist three times: as read, as converted, and encoded.
  constexpr std::uint64_t kCopies = 3;
  const std::uint64_t per_thread = std::max<std::uint64_t>(1, kCopies * page.block_bytes + page.thread_bytes);
  // A page that is kept is decoded first and encoded later; one that is not is decoded while it is encoded.
  const std::uint64_t kept =
      std::max(page.decoder_bytes, request.encoder_bytes) + page.total_bytes + request.overhead_bytes;
  const std::uint64_t streamed = page.decoder_bytes + request.encoder_bytes + request.overhead_bytes;
  const std::uint64_t per_streaming_thread = per_thread + request.streaming_bytes;
  const auto threads_for = [&](std::uint64_t fixed, std::uint64_t each) -> std::uint64_t {
    if (fixed >= request.budget_bytes) return 0;
    return std::min<std::uint64_t>(std::max(1U, request.threads), (request.budget_bytes - fixed) / each);
  };
  const std::uint64_t streaming_threads = threads_for(streamed, per_streaming_thread);
  const std::uint64_t wanted = std::max<std::uint64_t>(1, streaming_threads);
  const bool keep = !page.cheap_to_reread && threads_for(kept, per_thread) >= wanted;
  const std::uint64_t threads = keep ? wanted : streaming_threads;
  if (threads == 0) {
    const std::uint64_t minimum = std::min(kept + per_thread, streamed + per_streaming_thread);
    return fail(Errc::too_large, "needs about {} MiB of memory; the limit (--memory) is {} MiB", (minimum >> 20) + 1,
                request.budget_bytes >> 20);
  }
  return MemoryPlan{.keep_blocks = keep,
                    .threads = static_cast<unsigned>(threads),
                    .base_bytes = (keep ? kept : streamed) + threads * per_thread};
}

std::unique_ptr<Pool> make_block_pool(const PageInfo& page) {
  // Two huge pages of 2 MiB: Pool uses whole ones only, so smaller images gain little from it.
  constexpr std::uint64_t kMinPoolBytes = std::uint64_t{4} << 20;
  constexpr std::uint64_t kAlignment = 64;  // Pool::take rounds sizes up to this
  if (page.total_bytes < kMinPoolBytes) return nullptr;
  return std::make_unique<Pool>(page.total_bytes + kAlignment * page.block_count);
}

}  // namespace ece465::image
