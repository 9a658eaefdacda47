#pragma once

#include "block_writers.hpp"
#include "directory_copier.hpp"

/// The tags of a page that was equalized: all of the original's, but for what equalizing changes.

namespace ece465::image::tiff {

/// How a page of `page`'s blocks is stored again when its pixels come as `target` says: as it was, or as gray.
[[nodiscard]] PageSpec stored_spec(const PageSpec& page, const PageInfo& target);

/// The tags that differ. `directory` is the original's, `after` what `stored_spec` made of it.
[[nodiscard]] Result<Edits> page_edits(const Directory& directory, const Values& values, const PageSpec& before,
                                       const PageSpec& after, const PageInfo& target, DirectoryWriter& writer,
                                       std::vector<std::string>& notes);

/// The tags that say where the segments are, as `without` and `with` of `edits`. `types`: the original, whose field
/// types are kept while values fit; may be null.
[[nodiscard]] Result<void> add_segment_tags(const PageSpec& spec, const PageOutput& output, const Directory* types,
                                            DirectoryWriter& writer, Edits& edits);

/// The palette as a ColorMap.
[[nodiscard]] Result<NewEntry> store_palette(const Palette& palette, DirectoryWriter& writer);

/// Whether an ICC profile is one for images of so many colours (1: gray, 3: anything else).
[[nodiscard]] bool profile_fits(Bytes icc, unsigned colors);

}  // namespace ece465::image::tiff
