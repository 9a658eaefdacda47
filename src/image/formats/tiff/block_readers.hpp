#pragma once

#include <memory>

#include "block_plan.hpp"
#include "data_units.hpp"
#include "segment_table.hpp"

namespace ece465::image::tiff {

/// One page, as its block readers see it. Everything but the table is the reader's and outlives them.
struct PageSource {
  const ByteSource& file;
  const PageSpec& spec;
  const BlockPlan& plan;
  ColorCoding coding;  ///< of a YCbCr page
  std::shared_ptr<const SegmentTable> table;
};

/// Rows of an uncompressed page in strips, straight from the file.
[[nodiscard]] std::unique_ptr<BlockReader> make_band_reader(PageSource page);
/// Everything else but JPEG: uncompressed tiles and clumps, compressed strips and tiles.
[[nodiscard]] Result<std::unique_ptr<BlockReader>> make_segment_reader(PageSource page);

/// Reads the bytes of a compressed segment. Those far beyond what its pixels could take are left out: nothing is
/// allocated on a size that a file claims.
[[nodiscard]] Result<void> read_encoded(const PageSource& page, std::size_t segment, Buffer& out);

}  // namespace ece465::image::tiff
