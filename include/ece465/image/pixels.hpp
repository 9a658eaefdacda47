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
  luma,  ///< the brightness of a colour image; colour differences stay (default)
  gray,  ///< as luma, and the result is a gray image
  each,  ///< every colour channel on its own
};

enum class Alpha : std::uint8_t {
  none,
  unassociated,  ///< colour is stored as it is
  associated,    ///< colour is stored multiplied by alpha
};

/// How the samples of a pixel lie in memory and what they mean. Samples are 8 bits, or 16 in native byte
/// order, unsigned, full range. Pixels are interleaved: `colors` samples, then `extras` samples that are
/// carried along untouched, of which the first is alpha unless `alpha` is none.
struct PixelLayout {
  std::uint8_t bits = 8;    ///< 8 or 16
  std::uint8_t colors = 1;  ///< 1: gray, 3: red, green, blue
  std::uint8_t extras = 0;  ///< samples after the colour
  Alpha alpha = Alpha::none;
  bool inverted = false;  ///< gray only: 0 is white (TIFF MinIsWhite)

  [[nodiscard]] std::size_t sample_bytes() const { return bits / 8U; }
  [[nodiscard]] std::size_t samples() const { return std::size_t{colors} + extras; }
  [[nodiscard]] std::size_t pixel_bytes() const { return samples() * sample_bytes(); }
  bool operator==(const PixelLayout&) const = default;
};

/// A rectangle of one page, decoded. `pixels` holds `height` rows, `stride` bytes apart, of `width` pixels
/// that count; what lies beyond them (tile padding) and after the last row (chroma planes of a JPEG) belongs
/// to the format that made the block and comes back to it untouched.
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

/// How many planes of a page of this layout are equalized: one, or one per colour.
[[nodiscard]] std::size_t plane_count(const PixelLayout& layout, Channels channels);

/// Counts the levels of the planes to equalize, block by block. One per thread; add the results up.
class Counter {
 public:
  Counter(const PixelLayout& layout, Channels channels);
  ~Counter();
  Counter(Counter&&) noexcept;
  Counter& operator=(Counter&&) noexcept;

  void add(const Block& block);
  /// The histograms of all blocks so far, one per plane; the counter has then done its work.
  [[nodiscard]] std::vector<Histogram> finish();

  class Tally;  // the machinery, known to pixels.cpp

 private:
  std::vector<Histogram> histograms_;
  std::unique_ptr<Tally> tally_;
};

/// Makes one table per histogram of a page of this layout.
[[nodiscard]] std::vector<Table> equalization_tables(const PixelLayout& layout, std::span<const Histogram> histograms);

/// Applies tables to blocks in place. Shared by threads.
///
/// Luma of a colour pixel: `Y = 0.299 R + 0.587 G + 0.114 B` (BT.601 full range, the integer coefficients of
/// libjpeg), at the page's own depth. Keeping both colour differences while Y becomes `table[Y]` adds
/// `table[Y] - Y` to each colour, clamped to the range. Associated alpha is divided out before and multiplied
/// in after.
class Mapper {
 public:
  Mapper(const PixelLayout& layout, Channels channels, std::span<const Table> tables);
  void apply(Block& block) const;

 private:
  PixelLayout layout_;
  Channels channels_;
  // The planes' tables one after the other, in the one that has their depth.
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint16_t> words_;
};

/// The layout of `luma_block`'s result: gray, same depth, same extras.
[[nodiscard]] PixelLayout gray_layout(const PixelLayout& layout);
/// Writes the brightness of a colour block to `out` (contiguous rows), extras included.
void luma_block(const Block& block, const PixelLayout& layout, Block& out);

/// Rounds a 16-bit block to 8 bits into `out` (contiguous rows): `round(v * 255 / 65535)`.
void narrow_block(const Block& block, const PixelLayout& layout, Block& out);
/// Copies the colours and the first `keep` extras of a block to `out` (contiguous rows), dropping the rest.
void drop_extras(const Block& block, const PixelLayout& layout, std::size_t keep, Block& out);
/// Divides associated alpha out of a block's colours; what is transparent keeps its samples.
void divide_alpha_out(Block& block, const PixelLayout& layout);

/// A palette's colours at 16 bits; PNG's are scaled up by 257.
struct PaletteColor {
  std::uint16_t red = 0, green = 0, blue = 0;
  std::uint16_t alpha = 65535;  ///< opaque, unless the format lets entries be transparent (PNG)
  bool operator==(const PaletteColor&) const = default;
};
using Palette = std::vector<PaletteColor>;

/// What equalizing does to an image of palette indices: the indices stay, the colours change.
struct PaletteResult {
  std::vector<Histogram> before;  ///< one per plane, at `bits`
  std::vector<Table> tables;
  Palette palette;                  ///< equalized colours
  std::vector<std::uint16_t> gray;  ///< per index, its new gray level at `bits` (for Channels::gray)
};
/// `indices`: how often each index occurs. `bits`: the palette's own depth (8 for PNG, 16 for TIFF).
[[nodiscard]] PaletteResult equalize_palette(const Palette& palette, const Histogram& indices, Channels channels,
                                             unsigned bits);

}  // namespace ece465::image
