#pragma once

#include <array>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

/// Makes a zlib stream (RFC 1950) from parts that threads compress independently and that are concatenated in order. A
/// part is a run of deflate blocks (RFC 1951) that ends on a byte boundary; only the last block of the last part is
/// marked as final.

namespace ece465::image::png {

/// The header of a zlib stream.
inline constexpr std::array<std::byte, 2> kZlibHeader{std::byte{0x78}, std::byte{0x5E}};

/// Compresses `bytes` to a part with Huffman codes and runs of equal bytes only. Filtered rows of photographs have
/// few repeated strings, so a search for matches would not make them smaller. About four times as fast as zlib's
/// Z_HUFFMAN_ONLY (600 instead of 140 MB/s where it was measured).
void deflate_runs(Bytes bytes, bool last, Buffer& out);

/// The percentage of a sample from the middle of `bytes` that consists of strings seen before in the sample: close to 0
/// for photographs, close to 100 for drawings, screenshots and text.
[[nodiscard]] unsigned percent_repeated(Bytes bytes);

/// Compresses `bytes` to a part with zlib, including its search for matches. `level`: 1 to 9.
[[nodiscard]] Result<void> deflate_matches(Bytes bytes, int level, bool last, Buffer& out);

}  // namespace ece465::image::png
