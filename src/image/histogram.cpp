#include "ece465/image/histogram.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace ece465::image {

std::uint64_t Histogram::total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

Histogram& Histogram::operator+=(const Histogram& other) {
  assert(counts_.size() == other.counts_.size());
  std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
  return *this;
}

Table equalization_table(const Histogram& histogram) {
  const auto counts = histogram.counts();
  const std::uint64_t max_level = histogram.max_level();
  Table table(counts.size());

  const auto lowest = std::find_if(counts.begin(), counts.end(), [](auto n) { return n != 0; });
  const std::uint64_t total = histogram.total();
  const std::uint64_t divisor = lowest == counts.end() ? 0 : total - *lowest;
  if (divisor == 0) {
    std::iota(table.begin(), table.end(), std::uint16_t{0});
    return table;
  }
  // 128 bits: (cdf - h0) * 65535 * 2 exceeds 2^64 from 2^47 samples on.
  __extension__ using Wide = unsigned __int128;
  std::uint64_t above_lowest = 0;  // cdf(v) - h0
  for (auto v = static_cast<std::size_t>(lowest - counts.begin()) + 1; v < counts.size(); ++v) {
    above_lowest += counts[v];
    table[v] = static_cast<std::uint16_t>((Wide{above_lowest} * max_level * 2 + divisor) / (Wide{divisor} * 2));
  }
  return table;
}

Table equalization_table_inverted(const Histogram& histogram) {
  Histogram uninverted = histogram;
  std::reverse(uninverted.counts().begin(), uninverted.counts().end());
  Table table = equalization_table(uninverted);
  std::reverse(table.begin(), table.end());
  const auto max_level = static_cast<std::uint16_t>(histogram.max_level());
  for (auto& level : table) level = static_cast<std::uint16_t>(max_level - level);
  return table;
}

Histogram map_histogram(const Histogram& histogram, const Table& table) {
  assert(histogram.counts().size() == table.size());
  Histogram mapped = histogram;
  std::fill(mapped.counts().begin(), mapped.counts().end(), 0);
  for (std::size_t v = 0; v < table.size(); ++v) mapped.counts()[table[v]] += histogram.counts()[v];
  return mapped;
}

}  // namespace ece465::image
