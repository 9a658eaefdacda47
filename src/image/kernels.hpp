#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The inner loops, on contiguous samples.

namespace ece465::image::kernels {

/// Adds the levels of `samples` to `counts` (256 or 65,536 entries).
void count(std::span<const std::uint8_t> samples, std::span<std::uint64_t> counts);
void count(std::span<const std::uint16_t> samples, std::span<std::uint64_t> counts);

/// Replaces every sample by its entry of `table` (256 or 65,536 entries).
void map(std::span<std::uint8_t> samples, std::span<const std::uint8_t> table);
void map(std::span<std::uint16_t> samples, std::span<const std::uint16_t> table);

/// BT.601 full-range luma in libjpeg's integers: 65536 times 0.299, 0.587 and 0.114, half rounded up.
/// Exact for 16-bit samples as well: 65535 * 65536 + 32768 fits 32 bits.
[[nodiscard]] inline std::uint32_t luma(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
}

}  // namespace ece465::image::kernels
