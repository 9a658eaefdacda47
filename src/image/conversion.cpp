#include "conversion.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/scalar.hpp"

namespace ece465::image {
namespace {

/// Reads a row of tiles as one full-width band.
class BandsFromTiles final : public BlockReader {
 public:
  BandsFromTiles(std::unique_ptr<BlockReader> tiles, PageInfo bands, std::size_t across)
      : tiles_(std::move(tiles)), bands_(std::move(bands)), across_(across) {}

  Result<void> read(std::size_t index, Block& out) override {
    const std::size_t pixel_bytes = bands_.layout.pixel_bytes();
    out.width = bands_.width;
    out.stride = bands_.width * pixel_bytes;
    out.height = 0;
    std::size_t x = 0;
    for (std::size_t i = 0; i < across_; ++i) {
      ECE465_TRY(tiles_->read(index * across_ + i, tile_));
      if (i == 0) {
        out.height = tile_.height;
        out.pixels.resize(out.stride * out.height);
      }
      for (std::uint32_t y = 0; y < tile_.height; ++y) {
        const Bytes row = tile_.row(y, bands_.layout);
        std::copy(row.begin(), row.end(), out.pixels.data() + y * out.stride + x);
      }
      x += tile_.width * pixel_bytes;
    }
    return {};
  }

 private:
  std::unique_ptr<BlockReader> tiles_;
  PageInfo bands_;
  std::size_t across_;
  Block tile_;
};

constexpr PixelLayout kIndices{};  // 8-bit gray

}  // namespace

Conversion::Conversion(const PageInfo& page, Channels channels, bool converting, Format output)
    : source_(page), channels_(channels), output_(output) {
  if (converting && page.blocks_across > 1) {
    across_ = page.blocks_across;
    source_.block_count = page.block_count / page.blocks_across;
    source_.blocks_across = 1;
    source_.columns_per_block = 0;
    source_.block_bytes = page.width * page.layout.pixel_bytes() * page.rows_per_block;
  }
  target_ = source_;
  plane_layout_ = source_.layout;
  if (page.palette) {
    plan_palette();
  } else {
    plan_pixels(converting);
  }
}

void Conversion::plan_pixels(bool converting) {
  const FormatFeatures can = format_features(output_);
  unpremultiply_ = converting && plane_layout_.alpha == Alpha::associated;
  if (unpremultiply_) plane_layout_.alpha = Alpha::unassociated;
  to_gray_ = channels_ == Channels::gray && plane_layout_.colors == 3;
  if (to_gray_) plane_layout_ = gray_layout(plane_layout_);
  target_.layout = plane_layout_;
  if (!converting) return;

  PixelLayout& target = target_.layout;
  narrow_ = target.bits == 16 && !can.sixteen_bits;
  if (narrow_) {
    target.bits = 8;
    notes_.push_back(fmt::format("16 bits became 8, rounded: {} stores at most 8", format_name(output_)));
  }
  uninvert_ = target.inverted;
  target.inverted = false;
  const bool has_alpha = target.alpha != Alpha::none;
  const std::uint8_t kept = has_alpha && can.alpha ? 1 : 0;
  drop_extras_ = target.extras > kept;
  if (!drop_extras_) return;
  if (has_alpha && kept == 0) {
    notes_.push_back(fmt::format("alpha was dropped: {} does not support it", format_name(output_)));
  }
  if (target.extras > (has_alpha ? 1 : 0)) {
    notes_.push_back(
        fmt::format("extra samples other than alpha were dropped: {} does not support them", format_name(output_)));
  }
  target.extras = kept;
  if (kept == 0) target.alpha = Alpha::none;
}

/// The equalized colours are not known until all indices are counted, but the layout of the result is.
void Conversion::plan_palette() {
  const FormatFeatures can = format_features(output_);
  const bool has_alpha = std::ranges::any_of(*source_.palette, [](const auto& c) { return c.alpha != 65535; });
  // TIFF palettes have no transparent colours.
  keep_palette_ = channels_ != Channels::gray && can.palette && (!has_alpha || output_ == Format::png);
  if (keep_palette_) return;
  target_.palette.reset();
  target_.layout.colors = channels_ == Channels::gray ? 1 : 3;
  if (has_alpha && can.alpha) {
    target_.layout.extras = 1;
    target_.layout.alpha = Alpha::unassociated;
  } else if (has_alpha) {
    notes_.push_back(fmt::format("alpha was dropped: {} does not support it", format_name(output_)));
  }
}

std::unique_ptr<BlockReader> Conversion::adapt(std::unique_ptr<BlockReader> reader) const {
  if (across_ == 1) return reader;
  return std::make_unique<BandsFromTiles>(std::move(reader), source_, across_);
}

void Conversion::prepare(Block& block, Block& out) const {
  PixelLayout layout = source_.layout;
  if (unpremultiply_) {
    unpremultiply(block, layout);
    layout.alpha = Alpha::unassociated;
  }
  if (to_gray_) {
    luma_block(block, layout, out);
  } else {
    std::swap(block, out);
  }
}

void Conversion::finalize(std::vector<Histogram>& histograms, std::vector<Table>& tables) {
  if (source_.palette) {
    palette_ = equalize_palette(*source_.palette, histograms[0], channels_, source_.palette_bits);
    histograms = palette_->before;
    tables = palette_->tables;
    if (keep_palette_) target_.palette = palette_->palette;
    return;
  }
  tables = equalization_tables(plane_layout_, histograms);
  applied_ = tables;
  if (uninvert_) {
    const auto max_level = static_cast<std::uint16_t>(histograms[0].max_level());
    for (auto& level : applied_[0]) level = static_cast<std::uint16_t>(max_level - level);
  }
  mapper_.emplace(plane_layout_, channels_, applied_);
}

void Conversion::map(Block& block) const {
  if (mapper_) mapper_->apply(block);
}

Block& Conversion::finish(Block& block, Block& a, Block& b) const {
  if (palette_) {
    if (target_.palette) return block;
    expand_palette(block, a);
    return a;
  }
  Block* now = &block;
  PixelLayout layout = plane_layout_;
  if (drop_extras_) {
    drop_extras(*now, layout, target_.layout.extras, a);
    layout.extras = target_.layout.extras;
    now = &a;
  }
  if (narrow_) {
    narrow_block(*now, layout, b);
    now = &b;
  }
  return *now;
}

void Conversion::expand_palette(const Block& block, Block& out) const {
  const PixelLayout& layout = target_.layout;
  // The pixel of each index. An index beyond the palette is opaque black, as in other decoders.
  std::array<std::array<std::byte, 4>, 256> pixels{};
  const auto narrow = [](std::uint32_t v) { return static_cast<std::byte>(kernels::narrowed(v)); };
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const PaletteColor color = i < palette_->palette.size() ? palette_->palette[i] : PaletteColor{};
    if (layout.colors == 3) {
      pixels[i] = {narrow(color.red), narrow(color.green), narrow(color.blue)};
    } else {
      const std::uint32_t level = i < palette_->gray.size() ? palette_->gray[i] : 0U;
      pixels[i][0] = source_.palette_bits == 16 ? narrow(level) : static_cast<std::byte>(level);
    }
    if (layout.extras == 1) pixels[i][layout.colors] = narrow(color.alpha);
  }
  const std::size_t samples = layout.samples();
  out.width = block.width;
  out.height = block.height;
  out.stride = block.width * samples;
  out.pixels.resize(out.stride * out.height);
  for (std::uint32_t y = 0; y < block.height; ++y) {
    std::byte* to = out.pixels.data() + y * out.stride;
    for (const std::byte index : block.row(y, kIndices)) {
      to = std::copy_n(pixels[std::to_integer<std::size_t>(index)].data(), samples, to);
    }
  }
}

}  // namespace ece465::image
