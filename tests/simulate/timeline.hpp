#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "ece465/mapreduce/types.hpp"

namespace ece465::simulate {

using mapreduce::Duration;
using mapreduce::Time;
using namespace std::chrono_literals;

[[nodiscard]] inline Duration seconds(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}
[[nodiscard]] inline double in_seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// An event queue in virtual time. Events at the same time run in the order in which they were added.
class Timeline {
 public:
  [[nodiscard]] Time now() const { return now_; }
  /// A time in the past means now.
  void at(Time when, std::function<void()> what) { queue_.push({std::max(when, now_), ++planned_, std::move(what)}); }
  void in(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  /// Runs the next event. False if there is none.
  bool advance() {
    if (queue_.empty()) return false;
    const Entry next =
        std::move(const_cast<Entry&>(queue_.top()));  // popped immediately, so its order no longer matters
    queue_.pop();
    now_ = next.when;
    next.what();
    return true;
  }

 private:
  struct Entry {
    Time when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Entry& other) const {
      return when != other.when ? when > other.when : order > other.order;  // priority_queue is a max-heap
    }
  };
  Time now_{};
  std::uint64_t planned_ = 0;
  std::priority_queue<Entry> queue_;
};

/// A link that transmits one message after the other.
class Link {
 public:
  explicit Link(double bytes_per_second) : bytes_per_second_(bytes_per_second) {}
  /// When the last of `bytes`, queued at `now`, has passed. Calls must be in the order of `now`.
  Time pass(Time now, std::uint64_t bytes) {
    free_ = std::max(free_, now) + seconds(static_cast<double>(bytes) / bytes_per_second_);
    return free_;
  }

 private:
  double bytes_per_second_;
  Time free_{};
};

}  // namespace ece465::simulate
