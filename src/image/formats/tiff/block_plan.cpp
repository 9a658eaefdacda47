#include "block_plan.hpp"

#include <algorithm>

namespace ece465::image::tiff {
namespace {

/// A band of raw rows: at most half of a typical L2 cache, and enough to make the cost of a system call negligible.
constexpr std::size_t kBandBytes = std::size_t{256} << 10;
/// Smaller strips and tiles share a block.
constexpr std::size_t kSegmentsBytes = std::size_t{64} << 10;

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

PixelLayout stored_layout(const PageSpec& spec) {
  return {.bits = static_cast<std::uint8_t>(spec.bits),
          .colors = static_cast<std::uint8_t>(spec.colors()),
          .extras = static_cast<std::uint8_t>(spec.samples - spec.colors()),
          .alpha = spec.alpha,
          .inverted = spec.photometric == photometric::kMinIsWhite};
}

Chroma chroma_of(const PageSpec& spec, const ReadOptions& options) {
  if (!spec.ycbcr()) return Chroma::none;
  if (options.channels == Channels::gray) return Chroma::dropped;
  return options.interleaved || options.channels == Channels::each ? Chroma::rgb : Chroma::appended;
}

/// Bytes of a block of `rows` rows of `segments` segments (side by side, for tiles).
std::size_t bytes_of(const PageSpec& spec, const BlockPlan& plan, std::uint32_t rows, std::size_t segments) {
  const std::size_t across = spec.tiled ? segments : 1;
  const std::size_t step = spec.jpeg() ? 8 : 1;  // JPEG's planes consist of 8 x 8 blocks
  const std::uint64_t padded_rows = round_up(rows, spec.v_sampling * step);
  const std::uint64_t padded_row = round_up(spec.segment_width, spec.h_sampling * step) * plan.layout.pixel_bytes();
  const auto pixels = static_cast<std::size_t>(across * padded_row * padded_rows);
  // The luma is followed by two chroma samples for every h x v luma samples.
  if (plan.chroma != Chroma::appended) return pixels;
  return pixels + 2 * pixels / (std::size_t{spec.h_sampling} * spec.v_sampling);
}

}  // namespace

std::size_t segment_stride(const PageSpec& spec, const PixelLayout& layout) {
  return static_cast<std::size_t>(round_up(spec.segment_width, spec.h_sampling)) * layout.pixel_bytes();
}

BlockPlan plan_blocks(const PageSpec& spec, const ReadOptions& options) {
  BlockPlan plan;
  plan.chroma = chroma_of(spec, options);
  plan.layout = stored_layout(spec);
  if (plan.chroma == Chroma::appended || plan.chroma == Chroma::dropped) plan.layout.colors = 1;
  plan.width = spec.width;
  plan.height = spec.height;
  const std::size_t row_bytes = std::size_t{spec.width} * plan.layout.pixel_bytes();
  if (spec.compression == compression::kNone && !spec.tiled && plan.chroma == Chroma::none) {
    plan.bands = true;
    const std::size_t band_bytes = options.block_bytes > 0 ? options.block_bytes : kBandBytes;
    plan.rows_per_block = static_cast<std::uint32_t>(std::clamp<std::size_t>(band_bytes / row_bytes, 1, spec.height));
    plan.block_count = (std::size_t{spec.height} + plan.rows_per_block - 1) / plan.rows_per_block;
    plan.block_bytes = plan.rows_per_block * row_bytes;
    plan.total_bytes = row_bytes * spec.height;
    return plan;
  }
  // Segments with JPEG streams or data units are one block each: their luma is followed by their chroma.
  if (!spec.jpeg() && plan.chroma == Chroma::none) {
    const std::size_t along = spec.tiled ? spec.across() : spec.down();
    const std::size_t one = spec.segment_bytes() * spec.planes();
    plan.segments_per_block = std::clamp<std::size_t>(kSegmentsBytes / one, 1, along);
  }
  if (spec.tiled) {
    plan.blocks_across = (spec.across() + plan.segments_per_block - 1) / plan.segments_per_block;
    plan.rows_per_block = spec.segment_height;
    plan.block_count = plan.blocks_across * spec.down();
  } else {
    plan.rows_per_block = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(std::uint64_t{spec.segment_height} * plan.segments_per_block, spec.height));
    plan.block_count = (spec.down() + plan.segments_per_block - 1) / plan.segments_per_block;
  }
  plan.block_bytes = bytes_of(spec, plan, plan.rows_per_block, plan.segments_per_block);
  plan.total_bytes = std::uint64_t{plan.block_bytes} * plan.block_count;
  return plan;
}

BlockPlan::Part BlockPlan::part(std::size_t index, const PageSpec& spec) const {
  const std::size_t row = index / blocks_across, column = index % blocks_across;
  Part part;
  part.top = static_cast<std::uint32_t>(row * rows_per_block);
  part.height = std::min(rows_per_block, height - part.top);
  if (bands) {
    part.width = width;
    return part;
  }
  if (spec.tiled) {
    const std::size_t tile = column * segments_per_block;
    part.first = row * spec.across() + tile;
    part.count = std::min(segments_per_block, spec.across() - tile);
    part.left = static_cast<std::uint32_t>(tile * spec.segment_width);
    part.width = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(std::uint64_t{part.count} * spec.segment_width, width - part.left));
  } else {
    part.first = row * segments_per_block;
    part.count = std::min(segments_per_block, spec.down() - part.first);
    part.width = width;
  }
  return part;
}

std::uint64_t codec_bytes(const PageSpec& spec, const BlockPlan& plan) {
  const std::uint64_t segment = spec.segment_bytes();
  // Planes and tiles are split and joined in a separate buffer.
  const std::uint64_t scratch = spec.planar || plan.segments_per_block > 1 || spec.ycbcr() ? plan.block_bytes : 0;
  switch (spec.compression) {
    case compression::kNone: return scratch;
    // Four segments: encoded bytes as read, as written by the library, and as collected, and the predictor's copy. The
    // rest is the codec's state: 94 MiB for liblzma's preset 6 (xz(1)), 17 MiB for zstd's level 9
    // (ZSTD_estimateCStreamSize), and less than 1 MiB for zlib and LZW. These are libtiff's defaults.
    case compression::kLzma: return scratch + 4 * segment + (std::uint64_t{100} << 20);
    case compression::kZstd: return scratch + 4 * segment + (std::uint64_t{32} << 20);
    default: return scratch + 4 * segment + (std::uint64_t{1} << 20);
  }
}

}  // namespace ece465::image::tiff
