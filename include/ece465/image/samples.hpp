#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"
#include "ece465/image/histogram.hpp"

/// What a cluster's worker does: samples of one plane that came over a wire, counted and mapped. Samples are 8
/// bits, or 16 bits little-endian; buffers need no alignment. The same loops as `equalize`'s, so that nobody can
/// tell from the result who did it.

namespace ece465::image {

/// A table as it travels: 256 bytes, or 65,536 little-endian 16-bit numbers. `bits`: 8 or 16, as the table's size.
[[nodiscard]] std::vector<std::byte> table_bytes(const Table& table, unsigned bits);

/// Bytes of a table of that depth; 0 when `bits` is neither 8 nor 16.
[[nodiscard]] constexpr std::size_t table_size(unsigned bits) {
  return bits == 8 ? 256 : bits == 16 ? std::size_t{2} << 16 : 0;
}

/// Adds to `counts` (256 or 65,536) how often each level occurs. Fails with `bad_input`: `bits` is neither 8 nor
/// 16, half a sample, or another number of counts.
[[nodiscard]] Result<void> count_samples(Bytes samples, unsigned bits, std::span<std::uint64_t> counts);

/// Replaces each sample by its entry in the table, in place. Fails with `bad_input` as above, or for a table of
/// another size; then nothing was done.
[[nodiscard]] Result<void> map_samples(MutableBytes samples, unsigned bits, Bytes table);

}  // namespace ece465::image
