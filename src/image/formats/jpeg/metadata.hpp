#pragma once

#include <string>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/image/codec.hpp"
#include "encoder.hpp"
#include "markers.hpp"

/// Converts between a JPEG's marker segments and the metadata that all formats share.

namespace ece465::image::jpeg {

/// Reads the metadata that other formats can store.
[[nodiscard]] Result<Metadata> read_metadata(const ByteSource& source, const std::vector<MarkerSegment>& segments);

/// The JFIF header's density for metadata: whole dots per inch.
[[nodiscard]] EncoderSettings::Density density_of(const Metadata& metadata);

/// Writes the metadata of another format's image as segments. Omits what does not fit and adds a note for it.
[[nodiscard]] Result<void> write_metadata(Encoder& encoder, const Metadata& metadata, std::vector<std::string>& notes);

}  // namespace ece465::image::jpeg
