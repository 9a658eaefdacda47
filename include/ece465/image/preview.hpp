#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

namespace ece465::image {

struct PreviewOptions {
  /// Maximum memory, decoder included.
  std::uint64_t memory_bytes = std::uint64_t{128} << 20;
  /// Maximum number of pixels to decode; more would take half a minute. If blocks can be read in any order, the preview
  /// gets smaller instead.
  std::uint64_t max_pixels = std::uint64_t{400} << 20;
  /// In images of at most this size every pixel is averaged. Of larger images whose blocks can be read in any order,
  /// only blocks that contain the centre of a preview pixel are decoded.
  std::uint64_t whole_pixels = std::uint64_t{16} << 20;
  Limits limits;
};

/// Makes a small JPEG of an image's first page: at most `max_side` pixels (1 or more) on its longer side, never
/// enlarged. 16 bits are narrowed to 8 over the full range, palettes are resolved, transparent pixels are drawn on
/// white. Orientation and a colour profile of moderate size are kept. Uses one thread. Fails as `open_image`, and with
/// `too_large` if the options do not allow the work.
[[nodiscard]] Result<std::vector<std::byte>> make_preview(const ByteSource& source, std::uint32_t max_side,
                                                          const PreviewOptions& options = {});

}  // namespace ece465::image
