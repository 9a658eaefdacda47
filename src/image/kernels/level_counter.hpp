#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

/// Counting levels. Each count is a load, an addition and a store; what limits it is the number of those, and
/// stores to a place that the next load wants: a run of one level waits for itself.

namespace ece465::image::kernels {

/// Tallies run in 32 bits, half the memory and twice the speed of 64, and move to 64-bit counts before any of
/// them could overflow: no level is counted more often than samples were added since.
constexpr std::uint64_t kMaxTally = std::numeric_limits<std::uint32_t>::max();

/// Counts the levels of samples of type T, a piece at a time. One per thread and plane.
template <class T>
class LevelCounter;

/// This thread's own counter, empty: for whoever adds and flushes within one call. What its tables of 256 KiB cost to
/// make, a strip of a megabyte does not bring in.
template <class T>
LevelCounter<T>& own_counter() {
  thread_local LevelCounter<T> counter;
  counter.clear();
  return counter;
}

/// Counts 16-bit samples.
template <>
class LevelCounter<std::uint16_t> {
 public:
  /// `most`: tallies move to `counts` after so many samples at the latest; tests make it small.
  explicit LevelCounter(std::uint64_t most = kMaxTally) : most_(most) {}

  /// Counts `samples`; tallies that are full move to `counts` (65,536).
  void add(std::span<const std::uint16_t> samples, std::span<std::uint64_t> counts);
  /// Moves what is left to `counts`, which then hold all samples added so far.
  void flush(std::span<std::uint64_t> counts);
  /// Forgets what was not flushed.
  void clear();

 private:
  std::uint64_t most_, tallied_ = 0;
  std::vector<std::uint32_t> tallies_;  // 65,536 once there are samples
};

/// Counts 8-bit samples: the first ones in eight small tables by turns, so that neighbours, which are often
/// equal, do not wait for each other; when it becomes worth its 256 KiB and the work of adding it up, pairs of
/// samples in one table of 65,536: half the tallies per sample. Measured on a landscape, eight tables are 1.5
/// times as fast as one, pairs 2.2 to 3 times; on noise, whose pairs fill the whole table, all are the same.
template <>
class LevelCounter<std::uint8_t> {
 public:
  explicit LevelCounter(std::uint64_t most = kMaxTally) : most_(most) {}

  /// As above, with 256 `counts`.
  void add(std::span<const std::uint8_t> samples, std::span<std::uint64_t> counts);
  void flush(std::span<std::uint64_t> counts);
  void clear();

 private:
  /// Samples added since the last flush, the piece at hand included, before pairs are counted: while there is no table
  /// for them, and when there is.
  static constexpr std::uint64_t kPairsFrom = std::uint64_t{1} << 19;
  static constexpr std::uint64_t kPairsAgainFrom = std::uint64_t{1} << 18;
  static constexpr std::size_t kTables = 8;

  void add_singles(std::span<const std::uint8_t> samples);
  void add_pairs(std::span<const std::uint8_t> samples);

  std::uint64_t most_, tallied_ = 0, seen_ = 0;
  std::array<std::array<std::uint32_t, 256>, kTables> singles_{};
  std::vector<std::uint32_t> pairs_;  // 65,536 once there are enough samples
  bool pairs_used_ = false;           // since the last flush
};

}  // namespace ece465::image::kernels
