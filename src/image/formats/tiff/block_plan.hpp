#pragma once

#include "ece465/image/codec.hpp"
#include "page_spec.hpp"

/// How a page's segments are dealt out as blocks.
///
/// A block should be large enough that what is done once per block costs nothing, and small enough to stay in a
/// core's cache from reading to writing. Files do not care: strips of one row are common, and so are strips as
/// large as the image.

namespace ece465::image::tiff {

/// What a YCbCr page's blocks hold.
enum class Chroma {
  none,     ///< the page is not YCbCr
  behind,   ///< gray pixels, which are the luma; the chroma samples behind them
  dropped,  ///< luma only
  rgb,      ///< converted
};

struct BlockPlan {
  /// Rows are read from and written to the file directly; strips mean nothing.
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

  /// A block's rectangle of the page, and the segments that make it up (in each plane, when planar).
  struct Part {
    std::uint32_t left = 0, top = 0, width = 0, height = 0;
    std::size_t first = 0, count = 0;
  };
  [[nodiscard]] Part part(std::size_t index, const PageSpec& spec) const;
};

[[nodiscard]] BlockPlan plan_blocks(const PageSpec& spec, const ReadOptions& options);

/// Bytes of a row of a block's segment, and of the block's rows: padding of tiles and chroma clumps included.
[[nodiscard]] std::size_t segment_stride(const PageSpec& spec, const PixelLayout& layout);

/// What readers and writers of one thread need besides their blocks.
[[nodiscard]] std::uint64_t codec_bytes(const PageSpec& spec, const BlockPlan& plan);

}  // namespace ece465::image::tiff
