#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

/// Counting levels. Each count is a load, an addition and a store. The speed is limited by their number, and by a load
/// that has to wait for a store to the same address: in a run of equal samples each count waits for the previous one.

namespace ece465::image::kernels {

/// Tallies have 32 bits, which takes half the memory and half the time of 64. They are added to the 64-bit counts
/// before one could overflow, that is after this many samples.
constexpr std::uint64_t kMaxTally = std::numeric_limits<std::uint32_t>::max();

/// Counts the levels of samples of type T, piece by piece. Use one per thread and plane.
template <class T>
class LevelCounter;

/// An empty counter owned by this thread, for code that adds and flushes within one call. Allocating a counter's tables
/// of 256 KiB for each strip of a megabyte would cost more than they save.
template <class T>
LevelCounter<T>& thread_counter() {
  thread_local LevelCounter<T> counter;
  counter.clear();
  return counter;
}

/// Counts 16-bit samples.
template <>
class LevelCounter<std::uint16_t> {
 public:
  /// `max_tally`: tallies are added to the counts after at most this many samples; tests use small values.
  explicit LevelCounter(std::uint64_t max_tally = kMaxTally) : max_tally_(max_tally) {}

  /// Counts `samples`. Adds full tallies to `counts` (65,536).
  void add(std::span<const std::uint16_t> samples, std::span<std::uint64_t> counts);
  /// Adds all tallies to `counts`, which then include all samples so far.
  void flush(std::span<std::uint64_t> counts);
  /// Discards what was not flushed.
  void clear();

 private:
  std::uint64_t max_tally_, tallied_ = 0;
  std::vector<std::uint32_t> tallies_;  // 65,536 once there are samples
};

/// Counts 8-bit samples. The first ones go to eight small tables in turn, so that neighbours, which are often equal, do
/// not wait for each other. Once there are enough to justify 256 KiB and adding them up, pairs of samples go to one
/// table of 65,536: half the tallies per sample. Measured on a landscape, eight tables are 1.5 times as fast as one,
/// and pairs 2.2 to 3 times; on noise, whose pairs fill the whole table, all are equally fast.
template <>
class LevelCounter<std::uint8_t> {
 public:
  explicit LevelCounter(std::uint64_t max_tally = kMaxTally) : max_tally_(max_tally) {}

  /// As above, with 256 `counts`.
  void add(std::span<const std::uint8_t> samples, std::span<std::uint64_t> counts);
  void flush(std::span<std::uint64_t> counts);
  void clear();

 private:
  /// Pairs are counted from this many samples since the last flush, the current piece included: more if the table has
  /// yet to be allocated. Below, clearing and adding up 65,536 tallies costs more than it saves.
  static constexpr std::uint64_t kPairsFrom = std::uint64_t{1} << 19;
  static constexpr std::uint64_t kPairsAgainFrom = std::uint64_t{1} << 18;
  static constexpr std::size_t kTables = 8;

  void add_singles(std::span<const std::uint8_t> samples);
  void add_pairs(std::span<const std::uint8_t> samples);

  std::uint64_t max_tally_, tallied_ = 0, seen_ = 0;
  std::array<std::array<std::uint32_t, 256>, kTables> singles_{};
  std::vector<std::uint32_t> pairs_;  // 65,536 once there are enough samples
  bool pairs_used_ = false;           // since the last flush
};

}  // namespace ece465::image::kernels
