#pragma once

#include <cstddef>
#include <cstdint>

#include "ece465/base/bytes.hpp"

namespace ece465::image::png {

/// How a byte is predicted from its neighbours, so that only the difference need be compressed (PNG
/// specification, section 9). What lies outside the image counts as 0.
enum class Filter : std::uint8_t { none, sub, up, average, paeth };

/// Rows as PNG stores them, one after the other. `step`: bytes from a sample to the same one of the next pixel.
struct StoredRows {
  const std::byte* data = nullptr;
  std::size_t row_bytes = 0;
  std::size_t step = 1;
  std::size_t count = 0;
};

/// Chooses the filter for all rows but the first, of which the row above is not known. It is the one that
/// leaves the least entropy in a sample of rows: what a Huffman code makes of photographs comes very near to it.
[[nodiscard]] Filter choose_filter(const StoredRows& rows);

/// Writes each row behind its filter's byte to `out`. The first row is filtered from its own pixels alone.
void filter_rows(const StoredRows& rows, Filter filter, std::byte* out);

}  // namespace ece465::image::png
