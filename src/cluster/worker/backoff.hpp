#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace ece465::cluster {

/// How long to wait before trying again: up to `least` at first, up to twice as long after each further failure, at
/// most `most`. The pause is drawn evenly from nothing to that ("full jitter"), so that the workers of a master
/// that comes back do not all knock at once, again and again.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  /// `seed`: the same pauses for the same seed.
  Backoff(Duration least, Duration most, std::uint64_t seed)
      : least_(least), most_(most), limit_(least), random_(seed) {}

  [[nodiscard]] Duration next();
  /// It worked: begin anew.
  void reset() { limit_ = least_; }

 private:
  Duration least_, most_;
  Duration limit_;  // of the next pause
  std::mt19937_64 random_;
};

}  // namespace ece465::cluster
