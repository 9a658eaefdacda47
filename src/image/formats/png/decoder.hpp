#pragma once

#include <memory>

#include "chunks.hpp"

namespace ece465::image::png {

/// The layout in which `Decoder` delivers pixels: gray of any depth below 8 is scaled up to 8 bits, palette
/// indices come as bytes, a colour key (tRNS outside of palettes) has become an alpha channel.
[[nodiscard]] PixelLayout decoded_layout(const Structure& structure);

/// Rows out of an image's IDATs, top to bottom, by libpng. Samples come as they are stored: no gamma, no
/// colour management; 16 bits in native order.
class Decoder {
 public:
  /// Fails with `corrupt` where libpng does not see what `scan` saw.
  [[nodiscard]] static Result<std::unique_ptr<Decoder>> open(const ByteSource& source, const Structure& structure);
  virtual ~Decoder() = default;

  /// Decodes the next `rows` rows to `out`, `stride` bytes apart.
  [[nodiscard]] virtual Result<void> read_rows(std::byte* out, std::size_t stride, std::uint32_t rows) = 0;
  /// Decodes an interlaced image, whole.
  [[nodiscard]] virtual Result<void> read_interlaced(std::byte* out, std::size_t stride) = 0;
};

}  // namespace ece465::image::png
