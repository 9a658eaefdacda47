#pragma once

#include "directory_copier.hpp"
#include "ece465/image/codec.hpp"

/// Converts between a TIFF's tags and the metadata that all formats share. An EXIF structure is a small TIFF itself.

namespace ece465::image::tiff {

/// The metadata of the first page: its descriptive tags and its EXIF and GPS directories as an EXIF structure (empty if
/// it would not fit in a JPEG segment), profile, XMP, resolution.
[[nodiscard]] Result<Metadata> read_metadata(const Structure& structure, const ValueReader& values,
                                             const Limits& limits);

/// The byte order for a file with this metadata: that of its EXIF, since maker's notes can only be copied as they are.
[[nodiscard]] std::endian order_for(const Metadata& metadata);

/// Adds the metadata of another format to `page`, which is page 0. Puts the directories that it points to at indices
/// from `first_free` on. `colors`: of the pixels.
[[nodiscard]] Result<void> write_metadata(const Metadata& metadata, unsigned colors, std::size_t first_free,
                                          DirectoryWriter& writer, NewDirectory& page, std::vector<std::string>& notes);

}  // namespace ece465::image::tiff
