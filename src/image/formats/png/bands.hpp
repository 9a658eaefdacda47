#pragma once

#include <algorithm>
#include <cstdint>

namespace ece465::image::png {

/// How many rows make a band: the unit of reading, and of writing, where each band is filtered and compressed
/// on its own. Big enough that what a band loses (matches before its start) is nothing against what it holds;
/// wide rows come at least eight to a band while that stays within a few MiB.
[[nodiscard]] inline std::uint32_t rows_per_band(std::uint64_t row_bytes, std::uint32_t height) {
  constexpr std::uint64_t kBandBytes = std::uint64_t{256} << 10;
  constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 20;
  const std::uint64_t rows =
      std::max({std::uint64_t{1}, kBandBytes / row_bytes, std::min(std::uint64_t{8}, kMostBytes / row_bytes)});
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, height));
}

}  // namespace ece465::image::png
