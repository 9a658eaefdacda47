#pragma once

#include <algorithm>
#include <vector>

#include "chunks.hpp"

namespace ece465::image::png {

/// The number of rows in a band, the unit of reading and writing. When written, each band is filtered and compressed
/// independently, so it must be large compared with what that loses (matches before its start). Wide rows come at least
/// eight to a band, up to a few MiB.
[[nodiscard]] inline std::uint32_t rows_per_band(std::uint64_t row_bytes, std::uint32_t height) {
  constexpr std::uint64_t kBandBytes = std::uint64_t{256} << 10;
  constexpr std::uint64_t kMaxBandBytes = std::uint64_t{2} << 20;
  const std::uint64_t rows =
      std::max({std::uint64_t{1}, kBandBytes / row_bytes, std::min(std::uint64_t{8}, kMaxBandBytes / row_bytes)});
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, height));
}

/// A compressed run of rows: a part of the image's zlib stream.
struct Part {
  std::vector<std::byte> bytes;
  std::uint32_t checksum = 1;  // Adler-32 of the uncompressed bytes
  std::uint64_t raw_bytes = 0;
};

/// Makes parts from rows of samples: packs or swaps the samples as PNG stores them, and filters and compresses them
/// band by band. Bands are independent of each other, so threads can make them in any order, and the result does not
/// depend on the number of threads. Use one per thread.
class BandEncoder {
 public:
  /// Rows have `width` pixels: the image's or, if it is interlaced, the pass's.
  BandEncoder(const Header& header, std::uint32_t width);

  /// Adds a row of samples, in the form in which Decoder delivers them.
  [[nodiscard]] Result<void> add(const std::byte* row);
  /// Returns all rows added since the last part. `last`: it is the image's last part.
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

/// The Adler-32 of two concatenated runs of bytes.
[[nodiscard]] std::uint32_t combined_checksum(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes);

}  // namespace ece465::image::png
