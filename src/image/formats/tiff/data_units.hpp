#pragma once

#include <array>
#include <cstdint>

#include "directory.hpp"
#include "ece465/base/bytes.hpp"
#include "page_spec.hpp"

/// YCbCr pixels that are not JPEG-compressed are stored as data units (TIFF 6.0, section 21): h x v samples of luma,
/// then the Cb and the Cr that they share.

namespace ece465::image::tiff {

/// Conversion between a page's YCbCr codes and RGB (tags YCbCrCoefficients, ReferenceBlackWhite).
struct ColorCoding {
  double red = 0.299, green = 0.587, blue = 0.114;  // the tags' defaults
  /// The codes of minimal and maximal luma, and of neutral and maximal chroma.
  double black = 0, white = 255, neutral = 128, saturated = 255;
};
[[nodiscard]] Result<ColorCoding> read_color_coding(const Directory& directory, const ValueReader& values);

/// The geometry of a segment in data units.
struct DataUnitShape {
  std::size_t across = 0, down = 0;  ///< in data units
  std::size_t h = 1, v = 1;

  [[nodiscard]] std::size_t units() const { return across * down; }
  [[nodiscard]] std::size_t unit_bytes() const { return h * v + 2; }
  [[nodiscard]] std::size_t bytes() const { return units() * unit_bytes(); }
  [[nodiscard]] std::size_t stride() const { return across * h; }  ///< of luma rows
  [[nodiscard]] std::size_t rows() const { return down * v; }
  [[nodiscard]] std::size_t luma_bytes() const { return stride() * rows(); }
};

/// Of a segment with `rows` rows.
[[nodiscard]] DataUnitShape data_unit_shape(const PageSpec& spec, std::uint32_t rows);

/// Writes luma rows to `luma` and, unless it is null, two bytes per unit to `chroma`.
void split_data_units(const DataUnitShape& shape, const std::byte* units, std::byte* luma, std::byte* chroma);
void join_data_units(const DataUnitShape& shape, const std::byte* luma, const std::byte* chroma, std::byte* units);

/// Converts to and from interleaved RGB rows of `shape.stride()` pixels. A unit's chroma is the mean of its pixels'.
void data_units_to_rgb(const DataUnitShape& shape, const ColorCoding& coding, const std::byte* units, std::byte* rgb);
void rgb_to_data_units(const DataUnitShape& shape, const ColorCoding& coding, const std::byte* rgb, std::byte* units);

}  // namespace ece465::image::tiff
