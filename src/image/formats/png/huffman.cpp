#include "huffman.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace ece465::image::png {
namespace {

constexpr std::size_t kMaxSymbols = 288;
constexpr unsigned kMaxBits = 15;

struct Leaf {
  std::uint32_t count;
  std::uint16_t symbol;
};

/// The number of codes of each length, without a limit on lengths. `leaves` are sorted by count.
std::array<std::uint16_t, kMaxSymbols> unlimited_lengths(std::span<const Leaf> leaves) {
  // Two queues, of leaves and of inner nodes, both ascending: the two rarest are at their heads (van Leeuwen 1976).
  std::array<std::uint64_t, kMaxSymbols> weight{};
  std::array<std::uint16_t, 2 * kMaxSymbols> parent{};  // leaves first, then nodes
  const std::size_t n = leaves.size();
  std::size_t leaf = 0, node = 0;
  for (std::size_t made = 0; made + 1 < n; ++made) {
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < n && (node == made || leaves[leaf].count <= weight[node]);
      weight[made] += take_leaf ? leaves[leaf].count : weight[node];
      parent[take_leaf ? leaf++ : n + node++] = static_cast<std::uint16_t>(made);
    }
  }
  // A node's parent is made after it, so depths are computed from the root, which is the last node.
  std::array<std::uint16_t, kMaxSymbols> depth{}, lengths{};
  for (std::size_t i = n - 1; i-- > 0;) {
    if (i + 2 < n) depth[i] = static_cast<std::uint16_t>(depth[parent[n + i]] + 1);
  }
  for (std::size_t i = 0; i < n; ++i) ++lengths[depth[parent[i]] + 1U];
  return lengths;
}

/// Shortens codes above the limit, and lengthens others until Kraft's inequality holds again.
void limit_lengths(std::array<std::uint16_t, kMaxSymbols>& lengths, unsigned limit) {
  const std::uint64_t capacity = std::uint64_t{1} << limit;  // in codes of the maximum length
  std::uint64_t used = 0;
  for (std::size_t length = limit + 1; length < lengths.size(); ++length) {
    lengths[limit] = static_cast<std::uint16_t>(lengths[limit] + std::exchange(lengths[length], std::uint16_t{0}));
  }
  for (unsigned length = 1; length <= limit; ++length) used += std::uint64_t{lengths[length]} << (limit - length);
  for (; used > capacity; --used) {
    unsigned length = limit - 1;
    while (lengths[length] == 0) --length;
    --lengths[length];
    --lengths[limit];
    lengths[length + 1] = static_cast<std::uint16_t>(lengths[length + 1] + 2);
  }
}

std::uint16_t reversed(std::uint32_t bits, unsigned length) {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < length; ++i) result |= (bits >> i & 1) << (length - 1 - i);
  return static_cast<std::uint16_t>(result);
}

}  // namespace

void make_code(std::span<const std::uint32_t> counts, unsigned limit, std::span<Code> codes) {
  assert(counts.size() == codes.size() && counts.size() <= kMaxSymbols && limit <= kMaxBits);
  std::array<Leaf, kMaxSymbols> storage;
  std::size_t n = 0;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol) {
    codes[symbol] = {};
    if (counts[symbol] != 0) storage[n++] = {counts[symbol], static_cast<std::uint16_t>(symbol)};
  }
  if (n == 0) return;
  const auto leaves = std::span(storage).first(n);
  if (n == 1) {
    codes[leaves[0].symbol] = {.bits = 0, .length = 1};
    return;
  }
  std::ranges::sort(leaves, [](const Leaf& a, const Leaf& b) {
    return a.count != b.count ? a.count < b.count : a.symbol < b.symbol;
  });
  auto lengths = unlimited_lengths(leaves);
  limit_lengths(lengths, limit);
  // The rarest symbols get the longest codes.
  std::size_t next = 0;
  for (unsigned length = limit; length > 0; --length) {
    for (unsigned i = 0; i < lengths[length]; ++i) {
      codes[leaves[next++].symbol].length = static_cast<std::uint16_t>(length);
    }
  }
  std::array<std::uint32_t, kMaxBits + 2> first{};
  for (unsigned length = 1; length <= limit; ++length) first[length + 1] = (first[length] + lengths[length]) << 1;
  for (Code& code : codes) {
    if (code.length != 0) code.bits = reversed(first[code.length]++, code.length);
  }
}

}  // namespace ece465::image::png
