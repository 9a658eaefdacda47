#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ece465::cluster {

/// How many lines somebody may put into the log, so that one talkative worker does not push everybody else's out.
struct RateLimits {
  /// At once, and a second from then on. A worker of the course's says two for each strip.
  double burst = 100, per_second = 20;
  /// Sources that are told apart. Those beyond share a quota: names cost nothing.
  std::size_t sources = 1000;
  /// What was dropped is told of so often.
  std::chrono::seconds told_every{10};
};

/// A token bucket for each source of lines. Clocks are the caller's.
class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimiter(const RateLimits& limits = {}) : limits_(limits) {}

  /// Whether a line of `source` may be told now; one that may not is counted.
  [[nodiscard]] bool take(std::string_view source, Time now);

  struct Dropped {
    std::string source;  ///< empty: several that share a quota
    std::uint64_t lines = 0;
  };
  /// What was dropped and has to be told of now; told of once.
  [[nodiscard]] std::vector<Dropped> due(Time now);

 private:
  struct Bucket {
    double tokens = 0;
    Time filled, told;
    std::uint64_t dropped = 0;
  };
  [[nodiscard]] double tokens_of(const Bucket& bucket, Time now) const;
  [[nodiscard]] Bucket& bucket_of(std::string_view source, Time now);

  RateLimits limits_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace ece465::cluster
