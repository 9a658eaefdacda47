#include "ece465/image/histogram.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace ece465::image;

namespace {

Histogram histogram_of(std::initializer_list<std::pair<int, std::uint64_t>> levels, unsigned bits = 8) {
  Histogram histogram(bits);
  for (const auto& [level, count] : levels) histogram.counts()[static_cast<std::size_t>(level)] = count;
  return histogram;
}

}  // namespace

TEST_SUITE("equalization table") {
  TEST_CASE("the lowest level maps to 0, the highest to 255, others by their cumulative share") {
    const Table table = equalization_table(histogram_of({{100, 1}, {110, 1}, {120, 2}, {130, 1}}));
    CHECK(table[100] == 0);
    CHECK(table[110] == 64);   // 1 * 255 / 4 = 63.75
    CHECK(table[120] == 191);  // 3 * 255 / 4 = 191.25
    CHECK(table[130] == 255);
  }

  TEST_CASE("halves are rounded up") {
    const Table table = equalization_table(histogram_of({{0, 1}, {1, 1}, {2, 1}}));
    CHECK(table[1] == 128);  // 127.5
  }

  TEST_CASE("with one level or none the table is the identity") {
    Table identity(256);
    std::iota(identity.begin(), identity.end(), std::uint16_t{0});
    CHECK(equalization_table(histogram_of({{77, 1000}})) == identity);
    CHECK(equalization_table(Histogram(8)) == identity);
  }

  TEST_CASE("counts beyond 2^32 stay exact") {
    const std::uint64_t many = std::uint64_t{1} << 50;
    const Table table = equalization_table(histogram_of({{0, 7}, {1, many}, {2, many}}, 16));
    CHECK(table[1] == 32768);  // 65535 / 2, half up
    CHECK(table[2] == 65535);
  }

  TEST_CASE("a picture stored with 0 as white gives the same picture") {
    const auto normal = histogram_of({{10, 5}, {50, 2}, {200, 9}});
    Histogram inverted(8);
    for (std::size_t v = 0; v < 256; ++v) inverted.counts()[255 - v] = normal.counts()[v];
    const Table a = equalization_table(normal);
    const Table b = equalization_table_inverted(inverted);
    for (std::size_t v = 0; v < 256; ++v) CHECK(255 - b[255 - v] == a[v]);
  }
}
