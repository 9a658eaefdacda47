#pragma once

#include "block_writers.hpp"
#include "directory_copier.hpp"

/// The tags of an equalized page: those of the original, except for what equalizing changes.

namespace ece465::image::tiff {

/// The storage of a page whose pixels are now like `target`: that of `page`, or its gray equivalent.
[[nodiscard]] PageSpec stored_spec(const PageSpec& page, const PageInfo& target);

/// The tags that change. `directory` is the original's; `after` is the result of `stored_spec`.
[[nodiscard]] Result<TagEdits> page_edits(const Directory& directory, const ValueReader& values, const PageSpec& before,
                                          const PageSpec& after, const PageInfo& target, DirectoryWriter& writer,
                                          std::vector<std::string>& notes);

/// Adds the location of the segments to `edits`, with the field types of `types` (may be null) if the values fit.
[[nodiscard]] Result<void> add_segment_tags(const PageSpec& spec, const PageOutput& output, const Directory* types,
                                            DirectoryWriter& writer, TagEdits& edits);

/// Stores the palette as ColorMap.
[[nodiscard]] Result<NewEntry> store_palette(const Palette& palette, DirectoryWriter& writer);

/// Whether an ICC profile is valid for images of `colors` colours (1: gray, 3: anything else).
[[nodiscard]] bool profile_fits(Bytes icc, unsigned colors);

}  // namespace ece465::image::tiff
