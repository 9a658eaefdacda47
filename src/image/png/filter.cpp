#include "filter.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace ece465::image::png {
namespace {

using Byte = std::uint8_t;

/// The neighbour (left, above, above left) that is nearest to left + above - above left.
Byte paeth(Byte left, Byte above, Byte corner) {
  const int to_left = std::abs(above - corner), to_above = std::abs(left - corner);
  const int to_corner = std::abs(left + above - 2 * corner);
  const Byte other = to_above <= to_corner ? above : corner;
  return to_left <= to_above && to_left <= to_corner ? left : other;
}

/// Writes `row[i] - predict(left, above, corner)`; what lies left of the row counts as 0.
template <class Predict>
void filter_row(const Byte* row, const Byte* above, std::size_t n, std::size_t step, Byte* out, Predict predict) {
  for (std::size_t i = 0; i < step; ++i) out[i] = static_cast<Byte>(row[i] - predict(Byte{0}, above[i], Byte{0}));
  for (std::size_t i = step; i < n; ++i) {
    out[i] = static_cast<Byte>(row[i] - predict(row[i - step], above[i], above[i - step]));
  }
}

/// How much is left to say: the sum of the differences' sizes, which foretells the compressed size well enough.
std::uint64_t cost(const Byte* filtered, std::size_t n) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<unsigned>(std::abs(static_cast<std::int8_t>(filtered[i])));
  return sum;
}

}  // namespace

RowFilter::RowFilter(Filters filters, std::size_t row_bytes, std::size_t pixel_bytes)
    : filters_(filters),
      row_bytes_(row_bytes),
      pixel_bytes_(std::min(pixel_bytes, row_bytes)),
      candidate_(1 + row_bytes) {}

void RowFilter::apply(const std::byte* row_bytes, const std::byte* above_bytes, std::byte* out) {
  const auto* row = reinterpret_cast<const Byte*>(row_bytes);
  const auto* above = reinterpret_cast<const Byte*>(above_bytes);
  if (filters_ == Filters::none) {
    out[0] = static_cast<std::byte>(Filter::none);
    std::memcpy(out + 1, row, row_bytes_);
    return;
  }
  std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
  const auto attempt = [&](Filter filter, auto predict) {
    auto* to = reinterpret_cast<Byte*>(candidate_.data());
    filter_row(row, above == nullptr ? row : above, row_bytes_, pixel_bytes_, to + 1, predict);
    const std::uint64_t sum = cost(to + 1, row_bytes_);
    if (sum >= best) return;
    best = sum;
    to[0] = static_cast<Byte>(filter);
    std::memcpy(out, to, 1 + row_bytes_);
  };
  attempt(Filter::sub, [](Byte left, Byte, Byte) { return left; });
  if (above == nullptr) return;
  attempt(Filter::up, [](Byte, Byte up, Byte) { return up; });
  attempt(Filter::average, [](Byte left, Byte up, Byte) { return static_cast<Byte>((left + up) / 2); });
  attempt(Filter::paeth, paeth);
}

}  // namespace ece465::image::png
