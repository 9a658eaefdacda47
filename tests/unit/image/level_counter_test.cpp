#include "kernels/level_counter.hpp"

#include <doctest/doctest.h>

#include <random>

using ece465::image::kernels::kMaxTally;
using ece465::image::kernels::LevelCounter;
using ece465::image::kernels::thread_counter;

namespace {

template <class T>
constexpr std::size_t kLevels = std::size_t{1} << (8 * sizeof(T));

/// Runs of one level, of two alternating levels, and of noise, as in pictures.
template <class T>
std::vector<T> runs(std::size_t n) {
  std::minstd_rand random(7);
  std::vector<T> samples;
  while (samples.size() < n) {
    const auto length = random() % 90;
    const auto a = static_cast<T>(random() >> 5), b = static_cast<T>(random() >> 5);
    const auto kind = random() % 3;
    for (std::size_t i = 0; i < length; ++i) {
      samples.push_back(kind == 0 ? a : kind == 1 ? (i % 2 == 0 ? a : b) : static_cast<T>(random() >> 5));
    }
  }
  samples.resize(n);
  return samples;
}

template <class T>
std::vector<std::uint64_t> one_by_one(std::span<const T> samples) {
  std::vector<std::uint64_t> counts(kLevels<T>);
  for (const T v : samples) ++counts[v];
  return counts;
}

/// Counts in pieces of `piece` samples.
template <class T>
std::vector<std::uint64_t> counted(std::span<const T> samples, std::size_t piece, std::uint64_t max_tally = kMaxTally) {
  LevelCounter<T> counter(max_tally);
  std::vector<std::uint64_t> counts(kLevels<T>);
  for (std::size_t i = 0; i < samples.size(); i += piece) {
    counter.add(samples.subspan(i, std::min(piece, samples.size() - i)), counts);
  }
  counter.flush(counts);
  return counts;
}

}  // namespace

TEST_SUITE("level counter") {
  TEST_CASE_TEMPLATE("every length and alignment is counted correctly", T, std::uint8_t, std::uint16_t) {
    const auto samples = runs<T>(400);
    for (std::size_t n = 0; n <= 300; ++n) {
      const auto part = std::span<const T>(samples).subspan(n % 64, n);
      REQUIRE(counted<T>(part, 1000) == one_by_one<T>(part));
    }
  }

  TEST_CASE_TEMPLATE("long runs are counted correctly, in pieces of any size", T, std::uint8_t, std::uint16_t) {
    // Enough samples for counting pairs.
    const auto samples = runs<T>(2'500'003);
    const auto expected = one_by_one<T>(samples);
    for (const std::size_t piece : {std::size_t{2'500'003}, std::size_t{1'048'577}, std::size_t{4097}}) {
      CAPTURE(piece);
      CHECK(counted<T>(samples, piece) == expected);
    }
  }

  TEST_CASE_TEMPLATE("tallies are flushed before they overflow", T, std::uint8_t, std::uint16_t) {
    const auto samples = runs<T>(1'300'000);
    const auto expected = one_by_one<T>(samples);
    CHECK(counted<T>(samples, 100'000, 65'537) == expected);
    CHECK(counted<T>(samples, samples.size(), 65'537) == expected);
    // Limits that are reached within every short piece.
    const auto few = std::span<const T>(samples).first(300);
    for (const std::uint64_t max_tally : {1U, 15U, 16U, 17U, 100U}) {
      CAPTURE(max_tally);
      CHECK(counted<T>(few, 33, max_tally) == one_by_one<T>(few));
    }
  }

  TEST_CASE_TEMPLATE("counts are added to existing ones", T, std::uint8_t, std::uint16_t) {
    const std::vector<T> samples(100, T{3});
    LevelCounter<T> counter;
    std::vector<std::uint64_t> counts(kLevels<T>, (std::uint64_t{1} << 32) - 1);
    counter.add(samples, counts);
    counter.flush(counts);
    CHECK(counts[3] == (std::uint64_t{1} << 32) + 99);
    counter.flush(counts);
    CHECK(counts[3] == (std::uint64_t{1} << 32) + 99);
  }

  TEST_CASE_TEMPLATE("a counter can be reused, for many and for few samples", T, std::uint8_t, std::uint16_t) {
    const auto samples = runs<T>(1'200'000);
    LevelCounter<T> counter;
    for (const std::size_t n : {1'200'000UZ, 10UZ, 300'000UZ, 1UZ, 600'000UZ, 0UZ, 100'000UZ}) {
      CAPTURE(n);
      const auto part = std::span<const T>(samples).first(n);
      std::vector<std::uint64_t> counts(kLevels<T>);
      counter.add(part, counts);
      counter.flush(counts);
      CHECK(counts == one_by_one<T>(part));
    }
  }

  TEST_CASE_TEMPLATE("a thread's counter is empty even if its last use was not flushed", T, std::uint8_t,
                     std::uint16_t) {
    const auto samples = runs<T>(700'000);
    for (const std::size_t left_behind : {700'000UZ, 5UZ, 0UZ}) {
      CAPTURE(left_behind);
      std::vector<std::uint64_t> counts(kLevels<T>);
      thread_counter<T>().add(std::span<const T>(samples).first(left_behind), counts);
      std::ranges::fill(counts, 0);
      auto& counter = thread_counter<T>();
      counter.add(samples, counts);
      counter.flush(counts);
      CHECK(counts == one_by_one<T>(samples));
    }
  }
}
