#pragma once

#include <array>
#include <cstdint>

#include "directory.hpp"
#include "ece465/base/bytes.hpp"
#include "page_spec.hpp"

/// YCbCr pixels that are not JPEG-compressed come in clumps: h x v samples of luma, then the Cb and the Cr that they
/// share.

namespace ece465::image::tiff {

/// How a page's YCbCr codes and RGB levels belong together (tags YCbCrCoefficients, ReferenceBlackWhite).
struct ColorCoding {
  double red = 0.299, green = 0.587, blue = 0.114;
  /// Codes that mean no luma and all of it, no chroma and all of it.
  double black = 0, white = 255, neutral = 128, saturated = 255;
};
[[nodiscard]] Result<ColorCoding> read_color_coding(const Directory& directory, const Values& values);

/// The geometry of a segment in clumps.
struct ClumpShape {
  std::size_t across = 0, down = 0;  ///< in clumps
  std::size_t h = 1, v = 1;

  [[nodiscard]] std::size_t clumps() const { return across * down; }
  [[nodiscard]] std::size_t clump_bytes() const { return h * v + 2; }
  [[nodiscard]] std::size_t stride() const { return across * h; }  ///< of luma rows
  [[nodiscard]] std::size_t rows() const { return down * v; }
  [[nodiscard]] std::size_t luma_bytes() const { return stride() * rows(); }
};

/// Of a segment with `rows` rows.
[[nodiscard]] ClumpShape clump_shape(const PageSpec& spec, std::uint32_t rows);

/// Luma rows to `luma`; to `chroma` (unless null) two bytes per clump.
void split_clumps(const ClumpShape& shape, const std::byte* clumps, std::byte* luma, std::byte* chroma);
void join_clumps(const ClumpShape& shape, const std::byte* luma, const std::byte* chroma, std::byte* clumps);

/// Rows of interleaved RGB, `shape.stride()` pixels each; and back, each clump's chroma the mean of its pixels'.
void clumps_to_rgb(const ClumpShape& shape, const ColorCoding& coding, const std::byte* clumps, std::byte* rgb);
void rgb_to_clumps(const ClumpShape& shape, const ColorCoding& coding, const std::byte* rgb, std::byte* clumps);

}  // namespace ece465::image::tiff
