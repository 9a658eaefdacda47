#pragma once

#include <cstdint>
#include <memory>

#include "ece465/base/pool.hpp"
#include "ece465/image/codec.hpp"

/// How a page is processed within a memory budget: `equalize` and PageStrips plan alike.

namespace ece465::image {

/// What the caller offers, and what it needs beyond what PageInfo states.
struct MemoryRequest {
  std::uint64_t budget_bytes = 0;
  unsigned threads = 1;               ///< at most this many
  std::uint64_t encoder_bytes = 0;    ///< for writing the page, besides its blocks
  std::uint64_t overhead_bytes = 0;   ///< in any case
  std::uint64_t streaming_bytes = 0;  ///< per thread, if decoded blocks are not kept
};

struct MemoryPlan {
  bool keep_blocks = false;      ///< decoded blocks stay in memory between the two passes
  unsigned threads = 1;          ///< that the budget allows
  std::uint64_t base_bytes = 0;  ///< memory in use throughout; excludes MemoryRequest::streaming_bytes
};

/// Keeps the decoded blocks if decoding them twice costs time and keeping them costs no threads. Fails with `too_large`
/// if the budget does not suffice for one thread.
[[nodiscard]] Result<MemoryPlan> plan_memory(const PageInfo& page, const MemoryRequest& request);

/// A pool for all blocks of a page; null if the page is too small to benefit from one.
[[nodiscard]] std::unique_ptr<Pool> make_block_pool(const PageInfo& page);

}  // namespace ece465::image
