#pragma once

#include <cmath>
#include <cstdint>

namespace ece465::simulate {

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded by one number, and reproducible on every machine, unlike the
/// standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// Both ends included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + next() % (high - low + 1); }
  /// 0 <= x < 1.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double probability) { return fraction() < probability; }
  /// Log-uniform between `low` and `high`.
  double scale(double low, double high) { return low * std::pow(high / low, fraction()); }

 private:
  std::uint64_t state_;
};

}  // namespace ece465::simulate
