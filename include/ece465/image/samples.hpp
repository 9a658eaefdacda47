#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"
#include "ece465/image/histogram.hpp"

/// What a cluster's worker does: counts and maps samples of one plane that were received over the network. Samples have
/// 8 bits, or 16 bits little-endian; buffers need no alignment. The loops are those of `equalize`, so the results are
/// the same.

namespace ece465::image {

/// A table as it is sent: 256 bytes, or 65,536 little-endian 16-bit numbers. `bits`: 8 or 16, as the table's size.
[[nodiscard]] std::vector<std::byte> table_bytes(const Table& table, unsigned bits);

/// Size in bytes of a table of this depth; 0 if `bits` is neither 8 nor 16.
[[nodiscard]] constexpr std::size_t table_size(unsigned bits) {
  return bits == 8 ? 256 : bits == 16 ? std::size_t{2} << 16 : 0;
}

/// Adds the number of samples of each level to `counts` (256 or 65,536). Fails with `bad_input` if `bits` is neither 8
/// nor 16, a sample is incomplete, or the number of counts is wrong.
[[nodiscard]] Result<void> count_samples(Bytes samples, unsigned bits, std::span<std::uint64_t> counts);

/// Replaces each sample by its entry in the table, in place. Fails with `bad_input` as above, or if the table has the
/// wrong size; the samples are then unchanged.
[[nodiscard]] Result<void> map_samples(MutableBytes samples, unsigned bits, Bytes table);

}  // namespace ece465::image
