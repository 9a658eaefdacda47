#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ece465::image {

/// Samples per level of one plane: 256 or 65,536 counts. Counts are 64-bit: they cannot overflow.
class Histogram {
 public:
  /// `bits`: 8 or 16.
  explicit Histogram(unsigned bits) : counts_(std::size_t{1} << bits) {}

  [[nodiscard]] std::span<std::uint64_t> counts() { return counts_; }
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  [[nodiscard]] std::uint32_t max_level() const { return static_cast<std::uint32_t>(counts_.size() - 1); }
  /// The number of samples counted.
  [[nodiscard]] std::uint64_t total() const;
  /// Adds the counts of a histogram of the same depth: histograms of the parts sum to that of the whole.
  Histogram& operator+=(const Histogram& other);
  bool operator==(const Histogram&) const = default;

 private:
  std::vector<std::uint64_t> counts_;
};

/// The new level of every old level: 256 or 65,536 entries, never decreasing.
using Table = std::vector<std::uint16_t>;

/// Builds the equalization table of a plane.
///
/// With `h0` the count of the lowest occupied level, `N` the samples and `L` the highest level there can be,
/// `table[v] = round((cdf(v) - h0) * L / (N - h0))`, and 0 below the lowest occupied level. One level or none:
/// the identity. This is the rule of OpenCV's equalizeHist, but in integers, half rounded up, so that every
/// machine and kernel agrees to the bit. (OpenCV computes in float and may be one level off on large images.)
[[nodiscard]] Table equalization_table(const Histogram& histogram);

/// The table for a plane in which 0 is white (TIFF's MinIsWhite): what it does to the picture is what
/// `equalization_table` does to the same picture stored the usual way round.
[[nodiscard]] Table equalization_table_inverted(const Histogram& histogram);

/// The histogram of the plane after `table` was applied to it.
[[nodiscard]] Histogram map_histogram(const Histogram& histogram, const Table& table);

}  // namespace ece465::image
