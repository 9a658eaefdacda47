#include "level_counter.hpp"

#include <cassert>
#include <cstring>

namespace ece465::image::kernels {
namespace {

constexpr std::size_t kLevels16 = std::size_t{1} << 16;

std::uint64_t load8(const void* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Counts the 16-bit values in whole units of 16 bytes; returns the number of bytes processed. Eight equal values are
/// added at once: the background of a scan has long runs of one level, which counted one by one take four times as
/// long. The check costs a tenth on other images.
std::size_t count_words(const void* bytes, std::size_t size, std::uint32_t* tallies) {
  const auto* const from = static_cast<const unsigned char*>(bytes);
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const std::uint64_t a = load8(from + i), b = load8(from + i + 8);
    if (((a ^ b) | (a ^ (a >> 16 | a << 48))) == 0) {
      tallies[a & 0xFFFF] += 8;
      continue;
    }
    for (int shift = 0; shift < 64; shift += 16) ++tallies[(a >> shift) & 0xFFFF];
    for (int shift = 0; shift < 64; shift += 16) ++tallies[(b >> shift) & 0xFFFF];
  }
  return i;
}

/// Takes the next piece, of at most `max_samples` samples, from the front of `samples`.
template <class T>
std::span<const T> next_piece(std::span<const T>& samples, std::uint64_t max_samples) {
  const auto piece = samples.first(static_cast<std::size_t>(std::min<std::uint64_t>(samples.size(), max_samples)));
  samples = samples.subspan(piece.size());
  return piece;
}

}  // namespace

void LevelCounter<std::uint16_t>::add(std::span<const std::uint16_t> samples, std::span<std::uint64_t> counts) {
  if (tallies_.empty()) tallies_.resize(kLevels16);
  while (!samples.empty()) {
    if (tallied_ == max_tally_) flush(counts);
    const auto piece = next_piece(samples, max_tally_ - tallied_);
    tallied_ += piece.size();
    const std::size_t done = count_words(piece.data(), piece.size_bytes(), tallies_.data()) / 2;
    for (const std::uint16_t sample : piece.subspan(done)) ++tallies_[sample];
  }
}

void LevelCounter<std::uint16_t>::flush(std::span<std::uint64_t> counts) {
  assert(counts.size() == kLevels16);
  std::transform(tallies_.begin(), tallies_.end(), counts.begin(), counts.begin(), std::plus<std::uint64_t>());
  clear();
}

void LevelCounter<std::uint16_t>::clear() {
  if (tallied_ == 0) return;
  std::ranges::fill(tallies_, 0);
  tallied_ = 0;
}

void LevelCounter<std::uint8_t>::add(std::span<const std::uint8_t> samples, std::span<std::uint64_t> counts) {
  while (!samples.empty()) {
    if (tallied_ == max_tally_) flush(counts);
    const auto piece = next_piece(samples, max_tally_ - tallied_);
    tallied_ += piece.size();
    seen_ += piece.size();
    if (seen_ < (pairs_.empty() ? kPairsFrom : kPairsAgainFrom)) {
      add_singles(piece);
    } else {
      add_pairs(piece);
    }
  }
}

void LevelCounter<std::uint8_t>::add_singles(std::span<const std::uint8_t> samples) {
  std::size_t i = 0;
  for (; i + kTables <= samples.size(); i += kTables) {
    const std::uint64_t eight = load8(samples.data() + i);
    for (std::size_t k = 0; k < kTables; ++k) ++singles_[k][(eight >> (8 * k)) & 0xFF];
  }
  for (const std::uint8_t sample : samples.subspan(i)) ++singles_[0][sample];
}

void LevelCounter<std::uint8_t>::add_pairs(std::span<const std::uint8_t> samples) {
  if (pairs_.empty()) pairs_.resize(kLevels16);
  pairs_used_ = true;
  const std::size_t done = count_words(samples.data(), samples.size(), pairs_.data());
  for (const std::uint8_t sample : samples.subspan(done)) ++singles_[0][sample];
}

void LevelCounter<std::uint8_t>::flush(std::span<std::uint64_t> counts) {
  assert(counts.size() == 256);
  for (const auto& table : singles_) {
    for (std::size_t v = 0; v < 256; ++v) counts[v] += table[v];
  }
  // Each of a pair's two levels counts once, whichever is the upper byte.
  for (std::size_t upper = 0; upper < 256 && pairs_used_; ++upper) {
    std::uint64_t sum = 0;
    for (std::size_t lower = 0; lower < 256; ++lower) {
      std::uint32_t& pairs = pairs_[256 * upper + lower];
      counts[lower] += pairs;
      sum += pairs;
      pairs = 0;
    }
    counts[upper] += sum;
  }
  pairs_used_ = false;  // the pass above has cleared them
  clear();
}

void LevelCounter<std::uint8_t>::clear() {
  if (tallied_ == 0) return;
  for (auto& table : singles_) table.fill(0);
  if (pairs_used_) std::ranges::fill(pairs_, 0);
  tallied_ = 0;
  seen_ = 0;
  pairs_used_ = false;
}

}  // namespace ece465::image::kernels
