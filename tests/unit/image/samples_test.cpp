#include "ece465/image/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

using namespace ece465;
using namespace ece465::image;

namespace {

std::vector<std::byte> noise(std::size_t bytes, std::uint32_t seed) {
  std::minstd_rand random(seed);
  std::vector<std::byte> all(bytes);
  for (auto& b : all) b = static_cast<std::byte>(random() >> 7);
  return all;
}

std::vector<std::uint16_t> levels_of(Bytes samples, unsigned bits) {
  std::vector<std::uint16_t> levels;
  for (std::size_t i = 0; i < samples.size(); i += bits / 8) {
    levels.push_back(bits == 8 ? std::to_integer<std::uint16_t>(samples[i])
                               : load<std::uint16_t>(&samples[i], std::endian::little));
  }
  return levels;
}

/// A table that is not monotonic, so that more errors show.
Table some_table(unsigned bits) {
  Table table(std::size_t{1} << bits);
  for (std::size_t v = 0; v < table.size(); ++v) table[v] = static_cast<std::uint16_t>((v * 40503 + 17) % table.size());
  return table;
}

}  // namespace

TEST_SUITE("samples") {
  TEST_CASE("samples are counted and mapped at any alignment") {
    for (const unsigned bits : {8U, 16U}) {
      const Table table = some_table(bits);
      const auto wire = table_bytes(table, bits);
      for (const std::size_t samples : {0UL, 1UL, 7UL, 1000UL, 70'000UL, 1'100'000UL}) {
        for (const std::size_t offset : {0U, 1U, 3U, 8U}) {
          CAPTURE(bits);
          CAPTURE(samples);
          CAPTURE(offset);
          auto memory = noise(offset + samples * bits / 8, 5);
          const MutableBytes samples_at_offset = MutableBytes(memory).subspan(offset);
          const auto before = levels_of(samples_at_offset, bits);
          std::vector<std::uint64_t> expected(std::size_t{1} << bits, 3), counts = expected;
          for (const auto level : before) ++expected[level];
          REQUIRE(count_samples(samples_at_offset, bits, counts));
          CHECK(counts == expected);

          std::vector<std::byte> moved(offset + wire.size());
          std::ranges::copy(wire, moved.begin() + static_cast<std::ptrdiff_t>(offset));
          REQUIRE(map_samples(samples_at_offset, bits, Bytes(moved).subspan(offset)));
          const auto after = levels_of(samples_at_offset, bits);
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < before.size(); ++i) wrong += after[i] != table[before[i]] ? 1 : 0;
          CHECK(wrong == 0);
        }
      }
    }
  }

  TEST_CASE("a table is sent as bytes, or as little-endian words") {
    Table small(256), large(65536);
    std::iota(small.begin(), small.end(), std::uint16_t{0});
    std::iota(large.rbegin(), large.rend(), std::uint16_t{0});
    const auto bytes = table_bytes(small, 8), words = table_bytes(large, 16);
    REQUIRE(bytes.size() == table_size(8));
    REQUIRE(words.size() == table_size(16));
    CHECK(bytes[200] == std::byte{200});
    CHECK(words[0] == std::byte{0xFF});
    CHECK(words[2 * 0x0102] == std::byte{0xFD});
    CHECK(words[2 * 0x0102 + 1] == std::byte{0xFE});
  }

  TEST_CASE("mismatched sizes are rejected, and nothing is changed") {
    auto samples = noise(7, 1);
    const auto same = samples;
    std::vector<std::uint64_t> counts(256), many(65536);
    const auto bytes = table_bytes(some_table(8), 8), words = table_bytes(some_table(16), 16);
    const auto rejected = [](const Result<void>& result) { return !result && result.error().code == Errc::bad_input; };
    CHECK(rejected(count_samples(samples, 16, many)));
    CHECK(rejected(count_samples(samples, 8, many)));
    CHECK(rejected(count_samples(Bytes(samples).first(6), 16, counts)));
    CHECK(rejected(count_samples(samples, 12, counts)));
    CHECK(rejected(count_samples(samples, 8, std::span(counts).first(255))));
    CHECK(rejected(map_samples(samples, 16, words)));
    CHECK(rejected(map_samples(samples, 8, words)));
    CHECK(rejected(map_samples(MutableBytes(samples).first(6), 16, bytes)));
    CHECK(rejected(map_samples(samples, 0, {})));
    CHECK(rejected(map_samples(samples, 8, Bytes(bytes).first(255))));
    CHECK(samples == same);
    CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 0);
  }
}
