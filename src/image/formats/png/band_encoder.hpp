#pragma once

#include <vector>

#include "chunks.hpp"

namespace ece465::image::png {

/// A run of rows, compressed: a part of the image's zlib stream.
struct Part {
  std::vector<std::byte> bytes;
  std::uint32_t checksum = 1;  // Adler-32 of what was compressed
  std::uint64_t raw_bytes = 0;
};

/// Makes parts out of rows of samples: packs or swaps them as PNG stores them, filters and compresses them, band
/// by band. Bands know nothing of each other, so that threads can make them in any order, and the result is the
/// same whatever their number. One per thread.
class BandEncoder {
 public:
  /// Rows have `width` pixels (of an interlaced image: its pass's).
  BandEncoder(const Header& header, std::uint32_t width);

  /// Takes a row of samples, as Decoder delivers them.
  [[nodiscard]] Result<void> add(const std::byte* row);
  /// All rows since the last part. `last`: of the whole image.
  [[nodiscard]] Result<Part> finish_part(bool last);

 private:
  void store_row(const std::byte* row, std::byte* to) const;
  [[nodiscard]] Result<void> compress(bool last);

  Header header_;
  std::uint32_t width_;
  std::size_t row_bytes_;
  std::size_t rows_per_band_;
  std::size_t rows_ = 0;  // in stored_
  Buffer stored_, filtered_, by_runs_, by_matches_;
  Part part_;
};

/// What Adler-32 is of two runs of bytes, one after the other.
[[nodiscard]] std::uint32_t joined_checksum(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes);

}  // namespace ece465::image::png
