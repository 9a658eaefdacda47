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

#include "ece465/labs/dine.hpp"
#include "time_counts.hpp"

namespace ece465::labs {

/// Watches a dinner: that no two neighbours eat at the same time and no fork is in two hands; and who ate how often,
/// after how long a wait. It trusts no strategy: it is told what is done, and looks by itself.
///
/// What is told of a philosopher comes from one thread at a time, his own. Told from several threads at once it costs
/// each a few atomic operations on what only neighbours share; a lock around it would make the dinner take turns.
class TableWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `breached` is called once, from the thread that saw it.
  TableWatch(int philosophers, bool keep_timeline, std::function<void()> breached);

  /// The time that moments are measured from; before anybody does anything.
  void start(Clock::time_point at) { start_ = at; }

  void thinks(int i);
  void asks(int i);
  void denied(int i);
  /// Call this while nobody else can have the fork: after it was taken, and before it is put back.
  void takes(int i, int fork);
  void puts(int i, int fork);
  /// After both forks were taken, and before the first is put back.
  void eats(int i);
  void stops_eating(int i);
  /// Leaves the table; `lost`: not of his own will. What he holds counts as put back.
  void leaves(int i, bool lost);

  [[nodiscard]] int philosophers() const { return static_cast<int>(seats_.size()); }
  [[nodiscard]] int left_fork(int i) const { return i; }
  [[nodiscard]] int right_fork(int i) const { return (i + 1) % philosophers(); }
  /// Who has the fork; -1: nobody.
  [[nodiscard]] int holder(int fork) const { return forks_[static_cast<std::size_t>(fork)].holder.load(); }
  [[nodiscard]] std::uint64_t meals(int i) const { return seat(i).meals.load(std::memory_order_relaxed); }
  [[nodiscard]] Clock::duration since_start() const { return Clock::now() - start_; }
  [[nodiscard]] std::vector<SeatView> view() const;
  [[nodiscard]] bool breached() const { return breached_.load(); }

  /// What was seen; when nobody tells anything any more. Fills in breach, seats, meals, fairness and waiting times.
  void report(DineReport& into) const;

 private:
  enum class Deed : std::uint8_t { none, thinks, asks, denied, takes, eats, stops_eating, puts, leaves };
  static constexpr std::size_t kHistory = 16;

  struct alignas(64) Seat {
    std::atomic<Doing> doing{Doing::thinking};
    std::atomic<bool> eating{false};
    std::atomic<std::uint64_t> meals{0};
    /// The last deeds, for a breach; read by whoever sees one, hence atomic. Nanoseconds, fork, deed.
    std::array<std::atomic<std::uint64_t>, kHistory> history{};
    std::atomic<std::uint32_t> deeds{0};
    // The philosopher's own; for others once it is still.
    Clock::duration asked{};
    bool waiting = false;
    TimeCounts waited;
    std::uint64_t denied = 0;
    bool lost = false;
    std::vector<Moment> timeline;
  };
  struct alignas(64) Fork {
    std::atomic<int> holder{-1};
  };

  [[nodiscard]] const Seat& seat(int i) const { return seats_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] Seat& seat(int i) { return seats_[static_cast<std::size_t>(i)]; }
  Clock::duration note(int i, Deed deed, int fork = 0);
  void turn_to(int i, Doing doing, Clock::duration at);
  void breach(std::string what, std::initializer_list<int> concerned);
  [[nodiscard]] std::string history_of(int i) const;

  std::vector<Seat> seats_;
  std::vector<Fork> forks_;
  bool keep_timeline_;
  std::function<void()> on_breach_;
  std::atomic<bool> breached_{false};
  mutable std::mutex mutex_;  // guards breach_
  std::string breach_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace ece465::labs
