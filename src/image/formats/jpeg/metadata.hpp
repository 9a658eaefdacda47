#pragma once

#include <string>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/image/codec.hpp"
#include "encoder.hpp"
#include "markers.hpp"

/// Between a JPEG's segments and the metadata that all formats share.

namespace ece465::image::jpeg {

/// Reads what other formats can carry.
[[nodiscard]] Result<Metadata> read_metadata(const ByteSource& source, const std::vector<Segment>& segments);

/// The JFIF header's density for metadata: whole dots per inch.
[[nodiscard]] EncoderSettings::Density density_of(const Metadata& metadata);

/// Writes metadata of another format's image as segments. What does not fit is left out and named in `notes`.
[[nodiscard]] Result<void> write_metadata(Encoder& encoder, const Metadata& metadata, std::vector<std::string>& notes);

/// Whether a colour profile is for RGB data, by its header: it would be wrong on a gray image.
[[nodiscard]] bool is_rgb_profile(Bytes profile_start);

}  // namespace ece465::image::jpeg
