#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/rfc3339.hpp"
#include "observability/event_stream.hpp"

namespace ece465::cluster {

/// The source of the master's own lines.
inline constexpr std::string_view kMasterSource = "Master";

/// The last 100 log lines (/logs). On the loop's thread.
class RecentLog {
 public:
  struct Line {
    WallTime time;
    std::string source;  ///< a worker's id, or `kMasterSource`
    std::string message;
  };
  /// Lines are also published to `events`, as event `log`.
  explicit RecentLog(EventStream& events) : events_(events) {}

  /// Messages are cut at 4 KB: workers may send anything.
  void add(std::string_view source, std::string_view message);
  /// Oldest first.
  [[nodiscard]] const std::deque<Line>& lines() const { return lines_; }
  void clear() { lines_.clear(); }

 private:
  EventStream& events_;
  std::deque<Line> lines_;
};

/// Limits on each worker's log lines, so that one that logs too much does not displace everything else.
struct RateLimits {
  /// Lines at once, and per second after that. A worker of the course logs two lines per strip.
  double burst = 100, per_second = 20;
  /// Sources with a limit of their own. All others share one, because workers can invent any number of ids.
  std::size_t sources = 1000;
  /// Dropped lines are reported at this interval.
  std::chrono::seconds report_interval{10};
};

/// A token bucket for each source of log lines. Callers pass the time in.
class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimiter(const RateLimits& limits = {}) : limits_(limits) {}

  /// Whether a line of `source` may be logged now. If not, it is counted as dropped.
  [[nodiscard]] bool take(std::string_view source, Time now);

  struct Dropped {
    std::string source;  ///< empty: several sources that share a limit
    std::uint64_t lines = 0;
  };
  /// The drops to report now. Each is returned once.
  [[nodiscard]] std::vector<Dropped> due(Time now);

 private:
  struct Bucket {
    double tokens = 0;
    Time filled, reported;
    std::uint64_t dropped = 0;
  };
  [[nodiscard]] double tokens_of(const Bucket& bucket, Time now) const;
  [[nodiscard]] Bucket& bucket_of(std::string_view source, Time now);

  RateLimits limits_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace ece465::cluster
