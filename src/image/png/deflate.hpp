#pragma once

#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

/// A zlib stream (RFC 1950) made of parts that are compressed independently, each by whoever has time, and
/// put together in order. Every part ends on a byte's boundary.

namespace ece465::image::png {

/// The two bytes a zlib stream begins with.
[[nodiscard]] std::vector<std::byte> zlib_head();

/// Compresses one part: deflate blocks of which only the last part's last one says that it is the last.
[[nodiscard]] Result<void> deflate_part(Bytes bytes, bool last, std::vector<std::byte>& out);

/// The checksum of a part, and of parts put together.
[[nodiscard]] std::uint32_t adler(Bytes bytes);
[[nodiscard]] std::uint32_t adler_joined(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes);

}  // namespace ece465::image::png
