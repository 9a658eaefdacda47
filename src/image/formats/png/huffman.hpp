#pragma once

#include <cstdint>
#include <span>

namespace ece465::image::png {

/// A symbol's code as deflate writes it: `bits`, lowest first, `length` of them.
struct Code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;  // 0: the symbol does not occur
};

/// Makes a Huffman code for symbols that occur `counts` times, in which no code is longer than `limit` bits
/// (at most 15, and enough for the symbols there are). Canonical, as deflate demands (RFC 1951, 3.2.2).
/// A lone symbol gets one bit. At most 288 symbols.
void make_code(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes);

}  // namespace ece465::image::png
