#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "duration_histogram.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// Checks a dinner's invariants: no two neighbours eat at the same time, and no fork has two holders. Also counts meals
/// and measures waiting times. Independent of the strategies: they report each event, and it checks for itself.
///
/// Events of one philosopher are reported by one thread at a time. Concurrent reports cost a few atomic operations on
/// state that only neighbours share; a lock would serialize the dinner.
class TableWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `on_violation` is called once, on the thread that detects it.
  TableWatch(int philosophers, bool keep_timeline, std::function<void()> on_violation);

  /// The start of the timelines. Call before the first event.
  void start(Clock::time_point at) { start_ = at; }

  void thinks(int i);
  void asks(int i);
  void denied(int i);
  /// Call `takes` and `puts` while no other philosopher can hold the fork: after acquiring it, before releasing it.
  void takes(int i, int fork);
  void puts(int i, int fork);
  void takes_both(int i) { takes(i, left_fork(i)), takes(i, right_fork(i)); }
  void puts_both(int i) { puts(i, left_fork(i)), puts(i, right_fork(i)); }
  /// Call `eats` and `stops_eating` while it holds both forks.
  void eats(int i);
  void stops_eating(int i);
  /// `lost`: not voluntarily. Forks that it holds count as returned.
  void leaves(int i, bool lost);

  [[nodiscard]] int philosophers() const { return static_cast<int>(seats_.size()); }
  [[nodiscard]] int left_fork(int i) const { return i; }
  [[nodiscard]] int right_fork(int i) const { return (i + 1) % philosophers(); }
  /// The fork's holder; -1: none.
  [[nodiscard]] int holder(int fork) const { return forks_[static_cast<std::size_t>(fork)].holder.load(); }
  [[nodiscard]] std::uint64_t meals(int i) const { return seat(i).meals.load(std::memory_order_relaxed); }
  [[nodiscard]] Clock::duration since_start() const { return Clock::now() - start_; }
  [[nodiscard]] std::vector<SeatView> view() const;

  /// Fills in violation, seats, meals, fairness and waiting times. Call after the last event.
  void report(DineReport& into) const;

 private:
  enum class Event : std::uint8_t { none, thinks, asks, denied, takes, eats, stops_eating, puts, leaves };
  static constexpr std::size_t kHistory = 16;

  struct alignas(64) Seat {
    std::atomic<Activity> activity{Activity::thinking};
    std::atomic<bool> eating{false};
    std::atomic<std::uint64_t> meals{0};
    /// The last events, for the report of a violation; atomic, since any thread may read them then. Packed as time in
    /// nanoseconds, fork (16 bits) and event (4 bits).
    std::array<std::atomic<std::uint64_t>, kHistory> history{};
    std::atomic<std::uint32_t> events{0};
    // Accessed by the philosopher's thread, and by others after its last event.
    Clock::duration asked{};
    bool waiting = false;
    DurationHistogram waited;
    std::uint64_t denied = 0;
    bool lost = false;
    std::vector<TimelineEntry> timeline;
  };
  struct alignas(64) Fork {
    std::atomic<int> holder{-1};
  };

  [[nodiscard]] const Seat& seat(int i) const { return seats_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] Seat& seat(int i) { return seats_[static_cast<std::size_t>(i)]; }
  Clock::duration record(int i, Event event, int fork = 0);
  void begin(int i, Activity activity, Clock::duration at);
  void report_violation(std::string what, std::initializer_list<int> involved);
  [[nodiscard]] std::string history_of(int i) const;

  std::vector<Seat> seats_;
  std::vector<Fork> forks_;
  bool keep_timeline_;
  std::function<void()> on_violation_;
  std::atomic<bool> violated_{false};
  mutable std::mutex mutex_;  // guards violation_
  std::string violation_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace ece465::labs
