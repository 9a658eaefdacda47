#pragma once

#include "ece465/image/codec.hpp"
#include "page_spec.hpp"

/// The division of a page's segments into blocks.
///
/// A block should be large enough to make the cost per block negligible, and small enough to stay in a core's cache
/// from reading to writing. In files, strips of one row are common, and so are strips as large as the image.

namespace ece465::image::tiff {

/// The content of a YCbCr page's blocks.
enum class Chroma {
  none,      ///< the page is not YCbCr
  appended,  ///< gray pixels (the luma), followed by the chroma samples
  dropped,   ///< luma only
  rgb,       ///< RGB pixels
};

struct BlockPlan {
  /// Rows are read from and written to the file directly, independent of strips.
  bool bands = false;
  Chroma chroma = Chroma::none;
  PixelLayout layout;  ///< of the blocks' pixels
  std::uint32_t width = 0, height = 0;
  std::uint32_t rows_per_block = 0;
  std::size_t segments_per_block = 1;  ///< strips below each other or tiles side by side
  std::size_t blocks_across = 1;
  std::size_t block_count = 0;
  std::size_t block_bytes = 0;
  std::uint64_t total_bytes = 0;

  /// A block's rectangle of the page, and its segments (in each plane, if planar).
  struct Part {
    std::uint32_t left = 0, top = 0, width = 0, height = 0;
    std::size_t first = 0, count = 0;
  };
  [[nodiscard]] Part part(std::size_t index, const PageSpec& spec) const;
};

[[nodiscard]] BlockPlan plan_blocks(const PageSpec& spec, const ReadOptions& options);

/// Bytes of a row of a block's segment, including the padding of tiles and data units.
[[nodiscard]] std::size_t segment_stride(const PageSpec& spec, const PixelLayout& layout);

/// Memory that one thread's reader and writer need besides their blocks.
[[nodiscard]] std::uint64_t codec_bytes(const PageSpec& spec, const BlockPlan& plan);

}  // namespace ece465::image::tiff
