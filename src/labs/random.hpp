#pragma once

#include <chrono>
#include <cstdint>

namespace ece465::labs {

/// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, so that ten thousand philosophers can have one each. The
/// sequence is the same on every machine, which the standard's distributions do not guarantee.
class Random {
 public:
  /// Generators with the same seed and different `stream` are independent.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) { state_ = next() ^ (stream * 0xD1342543DE82EF95U); }

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// Uniform in [min, max]. The modulo bias, about 2^-20 for hours in nanoseconds, does not matter here.
  std::chrono::nanoseconds between(std::chrono::nanoseconds min, std::chrono::nanoseconds max) {
    if (max <= min) return min;
    const auto range = static_cast<std::uint64_t>((max - min).count()) + 1;
    return min + std::chrono::nanoseconds(static_cast<std::int64_t>(next() % range));
  }

 private:
  std::uint64_t state_;
};

}  // namespace ece465::labs
