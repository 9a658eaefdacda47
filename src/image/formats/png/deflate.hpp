#pragma once

#include <array>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"

/// A zlib stream (RFC 1950) made of parts that are compressed independently, each by whoever has time, and
/// put together in order. A part is a run of deflate blocks (RFC 1951) that ends on a byte's boundary; only
/// the last part's last block says that it is the last.

namespace ece465::image::png {

/// The two bytes a zlib stream begins with.
inline constexpr std::array<std::byte, 2> kZlibHead{std::byte{0x78}, std::byte{0x5E}};

/// Compresses `bytes` to a part, by Huffman's codes and runs of equal bytes alone. For filtered rows of
/// photographs, in which no string of bytes comes twice, that is as small as a search for matches makes them,
/// at about six times the speed of zlib's Z_HUFFMAN_ONLY.
void deflate_runs(Bytes bytes, bool last, Buffer& out);

/// How much of a sample from the middle of `bytes`, in percent, consists of strings that came before in it. Of
/// photographs next to nothing, of drawings, screenshots and text nearly all.
[[nodiscard]] unsigned percent_repeated(Bytes bytes);

/// Compresses `bytes` to a part, by zlib with its search for matches, `level` 1 to 9.
[[nodiscard]] Result<void> deflate_matches(Bytes bytes, int level, bool last, Buffer& out);

}  // namespace ece465::image::png
