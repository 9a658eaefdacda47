#pragma once

#include <cstddef>
#include <cstdint>

#include "ece465/base/bytes.hpp"

namespace ece465::image::png {

/// How a byte is predicted from its neighbours, so that only the difference is compressed (PNG specification, section
/// 9). Bytes outside the image are 0.
enum class Filter : std::uint8_t { none, sub, up, average, paeth };

/// Contiguous rows as PNG stores them. `step`: distance in bytes between neighbouring pixels, at least 1.
struct StoredRows {
  const std::byte* data = nullptr;
  std::size_t row_bytes = 0;
  std::size_t step = 1;
  std::size_t count = 0;
};

/// Chooses the filter for all rows except the first, for which the row above is unknown: the one with the lowest
/// entropy in a sample of rows. For photographs the size after Huffman coding is very close to the entropy.
[[nodiscard]] Filter choose_filter(const StoredRows& rows);

/// Writes each row, preceded by its filter byte, to `out`. The first row is filtered without the row above.
void filter_rows(const StoredRows& rows, Filter filter, std::byte* out);

}  // namespace ece465::image::png
