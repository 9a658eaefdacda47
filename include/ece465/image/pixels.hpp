#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/image/histogram.hpp"

namespace ece465::image {

/// Which plane or planes are equalized.
enum class Channels {
  luma,  ///< the brightness of a colour image; colour differences are kept (default)
  gray,  ///< as luma, and the result is a gray image
  each,  ///< every colour channel separately
};

enum class Alpha : std::uint8_t {
  none,
  unassociated,  ///< colours are independent of alpha
  associated,    ///< colours are premultiplied by alpha
};

/// Memory layout and meaning of a pixel's samples. Samples have 8 bits, or 16 in native byte order; they are unsigned
/// and use the full range. Pixels are interleaved: `colors` samples, then `extras` samples that are not changed, the
/// first of which is alpha unless `alpha` is none.
struct PixelLayout {
  std::uint8_t bits = 8;    ///< 8 or 16
  std::uint8_t colors = 1;  ///< 1: gray, 3: red, green, blue
  std::uint8_t extras = 0;  ///< samples after the colours
  Alpha alpha = Alpha::none;
  bool inverted = false;  ///< gray only: 0 is white (TIFF MinIsWhite)

  [[nodiscard]] std::size_t sample_bytes() const { return bits / 8U; }
  [[nodiscard]] std::size_t samples() const { return std::size_t{colors} + extras; }
  [[nodiscard]] std::size_t pixel_bytes() const { return samples() * sample_bytes(); }
  bool operator==(const PixelLayout&) const = default;
};

/// A decoded rectangle of a page. `pixels` holds `height` rows of `width` pixels, `stride` bytes apart. What follows a
/// row's pixels (tile padding) and the last row (chroma planes of a JPEG) belongs to the format that made the block and
/// is returned to it unchanged.
struct Block {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::size_t stride = 0;
  Buffer pixels;

  [[nodiscard]] MutableBytes row(std::uint32_t y, const PixelLayout& layout) {
    return pixels.span().subspan(y * stride, width * layout.pixel_bytes());
  }
  [[nodiscard]] Bytes row(std::uint32_t y, const PixelLayout& layout) const {
    return pixels.span().subspan(y * stride, width * layout.pixel_bytes());
  }
};

/// The number of planes that are equalized in a page of this layout: one, or one per colour.
[[nodiscard]] std::size_t plane_count(const PixelLayout& layout, Channels channels);

/// Counts the levels of the equalized planes, block by block. Use one per thread and add up the results.
class Counter {
 public:
  Counter(const PixelLayout& layout, Channels channels);
  ~Counter();
  Counter(Counter&&) noexcept;
  Counter& operator=(Counter&&) noexcept;

  void add(const Block& block);
  /// The histograms of all blocks, one per plane. The counter cannot be used afterwards.
  [[nodiscard]] std::vector<Histogram> finish();

  class Tally;  // see pixels.cpp

 private:
  std::vector<Histogram> histograms_;
  std::unique_ptr<Tally> tally_;
};

/// Makes one table per histogram, for a page of this layout.
[[nodiscard]] std::vector<Table> equalization_tables(const PixelLayout& layout, std::span<const Histogram> histograms);

/// Applies tables to blocks in place. Thread-safe.
///
/// The luma of a colour pixel is `Y = 0.299 R + 0.587 G + 0.114 B` (BT.601 full range, libjpeg's integer coefficients),
/// at the page's own depth. Changing Y to `table[Y]` while keeping both colour differences adds `table[Y] - Y` to each
/// colour, clamped to the range. Associated alpha is divided out before and multiplied back in afterwards.
class Mapper {
 public:
  Mapper(const PixelLayout& layout, Channels channels, std::span<const Table> tables);
  void apply(Block& block) const;

 private:
  PixelLayout layout_;
  Channels channels_;
  // The planes' tables, concatenated, in the vector of their depth.
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint16_t> words_;
};

/// The layout of `luma_block`'s result: gray, with the same depth and extras.
[[nodiscard]] PixelLayout gray_layout(const PixelLayout& layout);
/// Writes the luma and the extras of a colour block to `out` (contiguous rows).
void luma_block(const Block& block, const PixelLayout& layout, Block& out);

/// Rounds a 16-bit block to 8 bits into `out` (contiguous rows): `round(v * 255 / 65535)`.
void narrow_block(const Block& block, const PixelLayout& layout, Block& out);
/// Copies the colours and the first `keep` extras of a block to `out` (contiguous rows).
void drop_extras(const Block& block, const PixelLayout& layout, std::size_t keep, Block& out);
/// Divides a block's colours by associated alpha. Fully transparent pixels are not changed.
void unpremultiply(Block& block, const PixelLayout& layout);

/// A palette's colour at 16 bits; PNG's 8 bits are multiplied by 257.
struct PaletteColor {
  std::uint16_t red = 0, green = 0, blue = 0;
  std::uint16_t alpha = 65535;  ///< below 65535 only in formats with transparent entries (PNG)
  bool operator==(const PaletteColor&) const = default;
};
using Palette = std::vector<PaletteColor>;

/// The equalized palette of an image of palette indices, which stay unchanged.
struct PaletteResult {
  std::vector<Histogram> before;  ///< one per plane, at `bits`
  std::vector<Table> tables;
  Palette palette;                  ///< equalized colours
  std::vector<std::uint16_t> gray;  ///< per index, its equalized luma at `bits`, unless Channels::each
};
/// `indices`: the number of pixels of each index. `bits`: the palette's own depth (8 for PNG, 16 for TIFF).
[[nodiscard]] PaletteResult equalize_palette(const Palette& palette, const Histogram& indices, Channels channels,
                                             unsigned bits);

}  // namespace ece465::image
