#pragma once

#include "directory_copier.hpp"
#include "ece465/image/codec.hpp"

/// Between a TIFF's own tags and what other formats carry: EXIF is a small TIFF itself.

namespace ece465::image::tiff {

/// What travels to another format: the first page's descriptive tags and its EXIF and GPS directories as an EXIF
/// structure (small enough for a JPEG's segment, or nothing), profile, XMP, resolution.
[[nodiscard]] Result<Metadata> read_metadata(const Structure& structure, const Values& values, const Limits& limits);

/// The byte order for a file that is to take up `metadata`: that of its EXIF, so that values, maker's notes above
/// all, can be copied as they are.
[[nodiscard]] std::endian order_for(const Metadata& metadata);

/// Writes what came from another format as tags of page 0: they are added to `page`, directories that they point to
/// are put from index `first_free` on. `colors`: of the pixels.
[[nodiscard]] Result<void> write_metadata(const Metadata& metadata, unsigned colors, std::size_t first_free,
                                          DirectoryWriter& writer, NewDirectory& page, std::vector<std::string>& notes);

}  // namespace ece465::image::tiff
