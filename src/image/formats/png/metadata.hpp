#pragma once

#include <utility>

#include "chunks.hpp"

/// What travels between PNG and other formats, as the chunks it is in PNG (specification, section 11.3).

namespace ece465::image::png {

/// What of a PNG's chunks other formats can take. Fails with `corrupt` (a compressed text or profile that is
/// none) and `too_large` (one that grows beyond the limit on metadata).
[[nodiscard]] Result<Metadata> metadata(const ByteSource& source, const Structure& structure, const Limits& limits);

struct CarriedChunks {
  std::vector<std::pair<ChunkName, std::vector<std::byte>>> chunks;  ///< to be written in this order, before PLTE
  bool profile_dropped = false;                                      ///< it is for another kind of colour
};
/// Another format's metadata as chunks of an image with the given header.
[[nodiscard]] Result<CarriedChunks> chunks_of(const Metadata& metadata, const Header& header);

}  // namespace ece465::image::png
