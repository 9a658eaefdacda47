#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

/// How a worker paces its attempts to reconnect, and what it logs about them. Callers pass the time in.

namespace ece465::cluster {

/// Exponential backoff with full jitter: each pause is drawn uniformly from zero to a limit that starts at `min` and
/// doubles with every failure, up to `max`. Without jitter, all workers of a restarted master would reconnect at once.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  /// Equal seeds give equal pauses.
  Backoff(Duration min, Duration max, std::uint64_t seed) : min_(min), max_(max), limit_(min), random_(seed) {}

  [[nodiscard]] Duration next() {
    limit_ = std::min(limit_, max_);
    const Duration pause(std::uniform_int_distribution<Duration::rep>(0, limit_.count())(random_));
    limit_ = std::min(2 * std::max(limit_, Duration(1)), max_);
    return pause;
  }
  /// Call on success: the next pause is drawn from `min` again.
  void reset() { limit_ = min_; }

 private:
  Duration min_, max_;
  Duration limit_;  // of the next pause
  std::mt19937_64 random_;
};

/// Thins out warnings about a lasting failure: due at once, after 1, 5 and 15 minutes, then every 15 minutes.
class LogThrottle {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Call on each failure. Returns whether to log it.
  [[nodiscard]] bool due(Time now) {
    if (logged_ == 0) began_ = next_ = now;
    if (now < next_) return false;
    // Warnings that were missed meanwhile are not made up for.
    while (next_ <= now) next_ = logged_ < kAfter.size() ? began_ + kAfter[logged_++] : next_ + kAfter.back();
    return true;
  }
  /// Time since the first failure.
  [[nodiscard]] std::chrono::steady_clock::duration since(Time now) const { return now - began_; }
  /// Call on success.
  void reset() { logged_ = 0; }

 private:
  static constexpr std::array<std::chrono::minutes, 3> kAfter{std::chrono::minutes(1), std::chrono::minutes(5),
                                                              std::chrono::minutes(15)};
  Time began_, next_;
  std::size_t logged_ = 0;  // 0: no failure since the last reset
};

}  // namespace ece465::cluster
