#include "segment_shaper.hpp"

#include <algorithm>

#include "rearrange.hpp"

namespace ece465::image::tiff {

MutableBytes SegmentShaper::shape(const BlockPlan::Part& part, Block& block, std::size_t plane, std::size_t i) {
  const PageSpec& spec = target_.spec;
  if (spec.ycbcr()) return shape_clumps(part, block);

  const std::uint32_t rows = spec.stored_rows(part.first + i);
  const std::size_t row_bytes = spec.stored_bytes(1);
  const std::size_t pixel_bytes = std::size_t{spec.samples} * spec.sample_bytes();
  const std::size_t first_row = spec.tiled ? 0 : i * spec.segment_height;
  const std::size_t left = spec.tiled ? i * spec.segment_width : 0;
  const std::size_t width = std::min<std::size_t>(spec.segment_width, part.width - left);
  const std::size_t height = std::min<std::size_t>(rows, part.height - first_row);
  std::byte* from = block.pixels.data() + first_row * block.stride + left * pixel_bytes;

  if (!spec.planar && block.stride == row_bytes && block.pixels.size() >= (first_row + rows) * row_bytes) {
    pad_edges(from, width, height, pixel_bytes, row_bytes, rows);
    return {from, rows * row_bytes};
  }
  scratch_.resize(rows * row_bytes);
  for (std::size_t y = 0; y < height; ++y, from += block.stride) {
    std::byte* to = scratch_.data() + y * row_bytes;
    if (spec.planar) {
      gather_plane(from + plane * spec.sample_bytes(), width, spec.sample_bytes(), spec.samples, to);
    } else {
      std::copy_n(from, width * pixel_bytes, to);
    }
  }
  pad_edges(scratch_.data(), width, height, spec.planar ? spec.sample_bytes() : pixel_bytes, row_bytes, rows);
  return scratch_.span();
}

MutableBytes SegmentShaper::shape_clumps(const BlockPlan::Part& part, Block& block) {
  const ClumpShape shape = clump_shape(target_.spec, target_.spec.stored_rows(part.first));
  scratch_.resize(shape.clumps() * shape.clump_bytes());
  std::byte* pixels = block.pixels.data();
  if (target_.plan.chroma == Chroma::rgb) {
    pad_edges(pixels, block.width, block.height, 3, 3 * shape.stride(), shape.rows());
    rgb_to_clumps(shape, target_.coding, pixels, scratch_.data());
  } else {
    pad_edges(pixels, block.width, block.height, 1, shape.stride(), shape.rows());
    join_clumps(shape, pixels, pixels + shape.luma_bytes(), scratch_.data());
  }
  return scratch_.span();
}

}  // namespace ece465::image::tiff
