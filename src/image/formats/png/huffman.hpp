#pragma once

#include <cstdint>
#include <span>

namespace ece465::image::png {

/// A symbol's code as deflate writes it: `length` bits, the lowest first.
struct Code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;  // 0: the symbol does not occur
};

/// Makes a Huffman code for symbols that occur `counts` times. No code is longer than `limit` bits (at most 15, and
/// enough for the number of symbols). The code is canonical, as deflate requires (RFC 1951, 3.2.2). A single symbol
/// gets one bit. At most 288 symbols.
void make_code(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes);

}  // namespace ece465::image::png
