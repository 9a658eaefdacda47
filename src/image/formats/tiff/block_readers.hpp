#pragma once

#include <memory>

#include "block_plan.hpp"
#include "data_units.hpp"
#include "segment_table.hpp"

namespace ece465::image::tiff {

/// One page, for its block readers. Everything except the table belongs to the `Reader`, which outlives them.
struct PageSource {
  const ByteSource& file;
  const PageSpec& spec;
  const BlockPlan& plan;
  ColorCoding coding;  ///< of a YCbCr page
  std::shared_ptr<const SegmentTable> table;
};

/// Rows of an uncompressed page in strips, straight from the file.
[[nodiscard]] std::unique_ptr<BlockReader> make_band_reader(PageSource page);
/// Uncompressed tiles and data units, and strips and tiles of all compressions except JPEG.
[[nodiscard]] Result<std::unique_ptr<BlockReader>> make_segment_reader(PageSource page);

/// Reads the bytes of a compressed segment, at most as many as its pixels may need: the stated size is not trusted.
[[nodiscard]] Result<void> read_encoded(const PageSource& page, std::size_t segment, Buffer& out);

}  // namespace ece465::image::tiff
