#pragma once

#include "chunks.hpp"

namespace ece465::image::png {

/// What of a PNG's chunks travels to other formats. Fails with `corrupt` (a compressed text or profile that is
/// none) and `too_large` (one that grows beyond the limit).
[[nodiscard]] Result<Metadata> metadata(const ByteSource& source, const Structure& structure, const Limits& limits);

}  // namespace ece465::image::png
