#include "conversion.hpp"

#include <algorithm>

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
constexpr PixelLayout kRgb8{.bits = 8, .colors = 3};

}  // namespace

Conversion::Conversion(const PageInfo& page, Channels channels, bool converting, Format output)
    : source_(page), channels_(channels) {
  const Capabilities can = capabilities(output);
  if (converting && page.blocks_across > 1) {
    across_ = page.blocks_across;
    source_.block_count = page.block_count / page.blocks_across;
    source_.blocks_across = 1;
    source_.block_bytes = page.width * page.layout.pixel_bytes() * page.rows_per_block;
  }
  target_ = source_;
  plane_layout_ = source_.layout;
  keep_palette_ = can.palette;
  if (page.palette) return;  // the rest is known once the colours are

  to_gray_ = channels == Channels::gray && source_.layout.colors == 3;
  if (to_gray_) plane_layout_ = gray_layout(source_.layout);
  target_.layout = plane_layout_;
  if (converting) {
    narrow_ = plane_layout_.bits == 16 && !can.sixteen_bits;
    drop_extras_ = plane_layout_.extras > 0 && (!can.alpha || plane_layout_.alpha == Alpha::none);
    upright_ = plane_layout_.inverted;
    if (narrow_) target_.layout.bits = 8;
    if (upright_) target_.layout.inverted = false;
    if (drop_extras_) {
      target_.layout.extras = 0;
      target_.layout.alpha = Alpha::none;
    }
  }
}

std::unique_ptr<BlockReader> Conversion::adapt(std::unique_ptr<BlockReader> reader) const {
  if (across_ == 1) return reader;
  return std::make_unique<BandsFromTiles>(std::move(reader), source_, across_);
}

void Conversion::settle(std::vector<Histogram>& histograms, std::vector<Table>& tables) {
  if (source_.palette) {
    palette_ = equalize_palette(*source_.palette, histograms[0], channels_, source_.palette_bits);
    histograms = palette_->before;
    tables = palette_->tables;
    target_.palette.reset();
    if (channels_ == Channels::gray) {
      target_.layout = kIndices;
    } else if (keep_palette_) {
      target_.palette = palette_->palette;
    } else {
      target_.layout = kRgb8;
    }
    return;
  }
  tables = equalization_tables(plane_layout_, histograms);
  std::vector<Table> applied = tables;
  if (upright_) {
    const auto max_level = static_cast<std::uint16_t>(histograms[0].max_level());
    for (auto& level : applied[0]) level = static_cast<std::uint16_t>(max_level - level);
  }
  mapper_.emplace(plane_layout_, channels_, applied);
}

Block& Conversion::apply(Block& block, Block& a, Block& b) const {
  if (palette_) {
    if (target_.palette) return block;
    recolor(block, a);
    return a;
  }
  mapper_->apply(block);
  Block* now = &block;
  PixelLayout layout = plane_layout_;
  if (drop_extras_) {
    drop_extras(*now, layout, a);
    layout.extras = 0;
    now = &a;
  }
  if (narrow_) {
    narrow_block(*now, layout, b);
    now = &b;
  }
  return *now;
}

void Conversion::recolor(const Block& block, Block& out) const {
  const std::size_t colors = target_.layout.colors;
  out.width = block.width;
  out.height = block.height;
  out.stride = block.width * colors;
  out.pixels.resize(out.stride * out.height);
  const auto narrow = [](std::uint32_t v) { return static_cast<std::byte>((v * 255 + 32767) / 65535); };
  for (std::uint32_t y = 0; y < block.height; ++y) {
    std::byte* to = out.pixels.data() + y * out.stride;
    for (const std::byte index : block.row(y, kIndices)) {
      // An index past the palette's end shows as black, as decoders do.
      const auto i = std::to_integer<std::size_t>(index);
      if (colors == 1) {
        const std::uint32_t level = i < palette_->gray.size() ? palette_->gray[i] : 0U;
        *to++ = source_.palette_bits == 16 ? narrow(level) : static_cast<std::byte>(level);
      } else {
        const PaletteColor c = i < palette_->palette.size() ? palette_->palette[i] : PaletteColor{};
        for (const std::uint16_t v : {c.red, c.green, c.blue}) *to++ = narrow(v);
      }
    }
  }
}

std::vector<std::string> Conversion::notes() const {
  std::vector<std::string> notes;
  if (narrow_) notes.emplace_back("16 bits became 8, rounded");
  if (drop_extras_) notes.emplace_back("alpha was dropped: the output format has none");
  return notes;
}

}  // namespace ece465::image
