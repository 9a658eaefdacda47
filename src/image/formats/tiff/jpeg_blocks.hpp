#pragma once

#include "block_readers.hpp"
#include "block_writers.hpp"

/// JPEG inside TIFF: every strip or tile (of every plane) is a JPEG stream, mostly without its tables, which stand
/// in the JPEGTables tag once for all. Equalized luma is encoded with the tables and the subsampling that its strip
/// had before.

namespace ece465::image::tiff {

[[nodiscard]] Result<std::unique_ptr<BlockReader>> make_jpeg_reader(PageSource page, const Directory& directory,
                                                                    const Values& values, const Limits& limits);

/// `original`: the page that the blocks came from, whose streams are looked at again.
[[nodiscard]] Result<std::unique_ptr<PageOutput>> make_jpeg_output(const PageTarget& target, PageSource original,
                                                                   const Directory& directory, const Values& values,
                                                                   const Limits& limits);

}  // namespace ece465::image::tiff
