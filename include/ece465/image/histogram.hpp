#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ece465::image {

/// The number of samples per level of one plane: 256 or 65,536 counts of 64 bits, which cannot overflow.
class Histogram {
 public:
  /// `bits`: 8 or 16.
  explicit Histogram(unsigned bits) : counts_(std::size_t{1} << bits) {}

  [[nodiscard]] std::span<std::uint64_t> counts() { return counts_; }
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] std::uint32_t max_level() const { return static_cast<std::uint32_t>(counts_.size() - 1); }
  /// The number of samples counted.
  [[nodiscard]] std::uint64_t total() const;
  /// Adds the counts of a histogram of the same depth. The histogram of a whole is the sum of those of its parts.
  Histogram& operator+=(const Histogram& other);
  bool operator==(const Histogram&) const = default;

 private:
  std::vector<std::uint64_t> counts_;
};

/// The new level of every old level: 256 or 65,536 entries, never decreasing.
using Table = std::vector<std::uint16_t>;

/// Builds the equalization table of a plane.
///
/// With `h0` the count of the lowest occupied level, `N` the number of samples and `L` the highest possible level,
/// `table[v] = round((cdf(v) - h0) * L / (N - h0))`, and 0 below the lowest occupied level. If at most one level is
/// occupied, the identity. This is the rule of OpenCV's equalizeHist, but in integers and with halves rounded up, so
/// that all machines and kernels agree bit for bit. (OpenCV computes in float and may be one level off on large
/// images.)
[[nodiscard]] Table equalization_table(const Histogram& histogram);

/// The table for a plane in which 0 is white (TIFF's MinIsWhite). The picture changes as it does with
/// `equalization_table` when stored with 0 as black.
[[nodiscard]] Table equalization_table_inverted(const Histogram& histogram);

/// The histogram of the plane after applying `table`.
[[nodiscard]] Histogram map_histogram(const Histogram& histogram, const Table& table);

}  // namespace ece465::image
