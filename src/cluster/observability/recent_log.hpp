#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "model/job.hpp"
#include "observability/event_stream.hpp"

namespace ece465::cluster {

/// The source of the master's own lines.
inline constexpr std::string_view kMasterSource = "Master";

/// The last 100 lines for people (/logs). On the loop's thread.
class RecentLog {
 public:
  struct Line {
    WallTime time;
    std::string source;  ///< a worker's id, or `kMasterSource`
    std::string message;
  };
  /// Lines are published there as event `log`, too.
  explicit RecentLog(EventStream& events) : events_(events) {}

  /// A message longer than 4 KB is cut: workers send what they like.
  void add(std::string_view source, std::string_view message);
  /// The oldest first.
  [[nodiscard]] const std::deque<Line>& lines() const { return lines_; }
  void clear() { lines_.clear(); }

 private:
  EventStream& events_;
  std::deque<Line> lines_;
};

}  // namespace ece465::cluster
