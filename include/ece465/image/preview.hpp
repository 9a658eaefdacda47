#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

namespace ece465::image {

struct PreviewOptions {
  /// Memory for making it, decoder included.
  std::uint64_t memory_bytes = std::uint64_t{128} << 20;
  /// Pixels decoded at most: half a minute's work is no preview. Where blocks can be picked, the preview becomes
  /// smaller instead of taking longer.
  std::uint64_t max_pixels = std::uint64_t{400} << 20;
  /// Up to so many pixels every one of them is averaged; of larger images in blocks that can be picked, only those that
  /// hold the middle of one of the preview's pixels are decoded.
  std::uint64_t whole_pixels = std::uint64_t{16} << 20;
  Limits limits;
};

/// A small JPEG of an image's first page: at most `max_side` pixels (1 or more) on its longer side, never enlarged. 16
/// bits become 8 over the full range, palettes colours, what is transparent lies on white. Orientation and a colour
/// profile that is not large are kept. On one thread. Fails as `open_image` does, and with `too_large` when the options
/// forbid the work.
[[nodiscard]] Result<std::vector<std::byte>> make_preview(const ByteSource& source, std::uint32_t max_side,
                                                          const PreviewOptions& options = {});

}  // namespace ece465::image
