#pragma once

#include <utility>

#include "chunks.hpp"

/// Metadata that is exchanged with other formats, and its chunks (PNG specification, section 11.3).

namespace ece465::image::png {

/// The metadata of a PNG that other formats can store. Fails with `corrupt` (an invalid compressed text or profile) and
/// `too_large` (it unpacks to more than the limit on metadata).
[[nodiscard]] Result<Metadata> metadata(const ByteSource& source, const Structure& structure, const Limits& limits);

struct CarriedChunks {
  std::vector<std::pair<ChunkName, std::vector<std::byte>>> chunks;  ///< to be written in this order, before PLTE
  bool profile_dropped = false;                                      ///< because it describes other colours
};
/// Makes chunks of another format's metadata, for an image with this header.
[[nodiscard]] Result<CarriedChunks> chunks_of(const Metadata& metadata, const Header& header);

}  // namespace ece465::image::png
