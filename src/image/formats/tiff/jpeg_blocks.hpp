#pragma once

#include "block_readers.hpp"
#include "block_writers.hpp"

/// JPEG in TIFF (technical note 2): every strip or tile (of every plane) is a JPEG stream. Its tables are usually in
/// the JPEGTables tag, shared by all streams. Equalized luma is encoded with the tables and the subsampling of the
/// original strip.

namespace ece465::image::tiff {

[[nodiscard]] Result<std::unique_ptr<BlockReader>> make_jpeg_reader(PageSource page, const Directory& directory,
                                                                    const ValueReader& values, const Limits& limits);

/// `original`: the input page, whose streams define tables and subsampling.
[[nodiscard]] Result<std::unique_ptr<PageOutput>> make_jpeg_output(const PageTarget& target, PageSource original,
                                                                   const Directory& directory,
                                                                   const ValueReader& values, const Limits& limits);

}  // namespace ece465::image::tiff
