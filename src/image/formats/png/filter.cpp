#include "filter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace ece465::image::png {
namespace {

using Byte = std::uint8_t;

/// The neighbour (left, above, above left) closest to left + above - above left.
Byte paeth(Byte left, Byte above, Byte corner) {
  const int to_left = std::abs(above - corner), to_above = std::abs(left - corner);
  const int to_corner = std::abs(left + above - 2 * corner);
  const Byte other = to_above <= to_corner ? above : corner;
  return to_left <= to_above && to_left <= to_corner ? left : other;
}

/// Writes `row[i] - predict(left, above, corner)`. No iteration depends on another, so compilers vectorize the loop.
template <class Predict>
void subtract(const Byte* row, const Byte* above, std::size_t n, std::size_t step, Byte* out, Predict predict) {
  for (std::size_t i = 0; i < std::min(step, n); ++i) {
    out[i] = static_cast<Byte>(row[i] - predict(Byte{0}, above[i], Byte{0}));
  }
  for (std::size_t i = step; i < n; ++i) {
    out[i] = static_cast<Byte>(row[i] - predict(row[i - step], above[i], above[i - step]));
  }
}

/// `none` and `sub` do not use `above`.
void filter_row(Filter filter, const Byte* row, const Byte* above, std::size_t n, std::size_t step, Byte* out) {
  switch (filter) {
    case Filter::none: std::memcpy(out, row, n); return;
    case Filter::sub: return subtract(row, row, n, step, out, [](Byte left, Byte, Byte) { return left; });
    case Filter::up: return subtract(row, above, n, step, out, [](Byte, Byte up, Byte) { return up; });
    case Filter::average:
      return subtract(row, above, n, step, out,
                      [](Byte left, Byte up, Byte) { return static_cast<Byte>((left + up) / 2); });
    case Filter::paeth: return subtract(row, above, n, step, out, paeth);
  }
}

/// log2 in units of 1/65536. Integers, so that all machines choose the same filter. Between powers of two log2(1 + x)
/// is approximated by x + k x (1 - x), with k = 0.345. The largest error is 0.0079; the best k, 0.3465, would make it
/// 0.0076, but another k may choose another filter and so change files.
std::uint64_t log2_fixed(std::uint64_t value) {
  const auto whole = static_cast<unsigned>(std::bit_width(value)) - 1;
  const std::uint64_t fraction = ((value << 16) >> whole) - 65536;
  constexpr std::uint64_t kCurvature = 22600;  // k, in 1/65536
  return (std::uint64_t{whole} << 16) + fraction + ((kCurvature * ((fraction * (65536 - fraction)) >> 16)) >> 16);
}

/// Counts bytes and estimates their entropy. Four tables, so that equal neighbours do not wait for each other.
class ByteCounts {
 public:
  void add(const Byte* bytes, std::size_t n) {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      for (std::size_t k = 0; k < 4; ++k) ++counts_[k][bytes[i + k]];
    }
    for (; i < n; ++i) ++counts_[0][bytes[i]];
  }
  /// Their entropy in 1/65536 bits, without a term that depends only on their number.
  [[nodiscard]] std::int64_t cost() const {
    std::int64_t sum = 0;
    for (std::size_t v = 0; v < 256; ++v) {
      const std::uint64_t n = std::uint64_t{counts_[0][v]} + counts_[1][v] + counts_[2][v] + counts_[3][v];
      if (n > 1) sum -= static_cast<std::int64_t>(n * log2_fixed(n));
    }
    return sum;
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> counts_{};
};

}  // namespace

Filter choose_filter(const StoredRows& rows) {
  constexpr std::size_t kRowStep = 4;  // every fourth row is sampled
  // `none` is last, so that it loses ties: differences are the safer choice.
  constexpr std::array kCandidates{Filter::sub, Filter::up, Filter::average, Filter::paeth, Filter::none};
  const auto* const data = reinterpret_cast<const Byte*>(rows.data);
  std::array<ByteCounts, kCandidates.size()> counts{};
  std::array<Byte, 4096> piece;
  const bool single_row = rows.count == 1;
  for (std::size_t y = single_row ? 0 : 1; y < rows.count; y += kRowStep) {
    const Byte* const row = data + y * rows.row_bytes;
    // In pieces that fit the L1 cache. They overlap by a pixel, which serves as the left neighbour only.
    for (std::size_t x = 0; x < rows.row_bytes; x += piece.size() - rows.step) {
      const std::size_t n = std::min(piece.size(), rows.row_bytes - x);
      if (n <= rows.step) break;
      for (std::size_t i = 0; i < kCandidates.size(); ++i) {
        const bool needs_above = kCandidates[i] != Filter::none && kCandidates[i] != Filter::sub;
        if (single_row && needs_above) continue;
        const Byte* const above = single_row ? nullptr : row - rows.row_bytes + x;
        filter_row(kCandidates[i], row + x, above, n, rows.step, piece.data());
        counts[i].add(piece.data() + rows.step, n - rows.step);
      }
    }
  }
  std::size_t best = 0;
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < kCandidates.size(); ++i) {
    if (single_row && kCandidates[i] != Filter::sub && kCandidates[i] != Filter::none) continue;
    if (const std::int64_t cost = counts[i].cost(); cost < lowest) {
      lowest = cost;
      best = i;
    }
  }
  return kCandidates[best];
}

void filter_rows(const StoredRows& rows, Filter filter, std::byte* out) {
  const auto* row = reinterpret_cast<const Byte*>(rows.data);
  for (std::size_t y = 0; y < rows.count; ++y, row += rows.row_bytes, out += rows.row_bytes + 1) {
    const Filter now = y == 0 && filter != Filter::none ? Filter::sub : filter;
    out[0] = static_cast<std::byte>(now);
    filter_row(now, row, y == 0 ? row : row - rows.row_bytes, rows.row_bytes, rows.step,
               reinterpret_cast<Byte*>(out + 1));
  }
}

}  // namespace ece465::image::png
