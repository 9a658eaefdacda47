#pragma once

#include <cstddef>

#include "ece465/base/bytes.hpp"

namespace ece465::image::png {

/// How rows are predicted from their neighbours before they are compressed (PNG specification, section 9).
enum class Filter : std::uint8_t { none, sub, up, average, paeth };

/// Which filters may be tried. Palette indices and packed bits are no magnitudes: neighbours predict nothing.
enum class Filters { none, adaptive };

/// Filters rows one after another.
class RowFilter {
 public:
  /// `pixel_bytes`: the distance to the byte that predicts, at least 1.
  RowFilter(Filters filters, std::size_t row_bytes, std::size_t pixel_bytes);

  /// Writes the filter's byte and the filtered row to `out` (1 + row_bytes). `above`: the row before, as it is;
  /// null: unknown, so that nothing may be predicted from it.
  void apply(const std::byte* row, const std::byte* above, std::byte* out);

 private:
  Filters filters_;
  std::size_t row_bytes_, pixel_bytes_;
  Buffer candidate_;
};

}  // namespace ece465::image::png
