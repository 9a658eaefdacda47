#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "table_watch.hpp"
#include "wait_for.hpp"
#include "words.hpp"
#include "ece465/labs/dine.hpp"
#include "process_costs.hpp"

namespace ece465::labs {

/// What all ways of dining share: the table that is watched, when it begins, and when and why it ends. Philosophers
/// call in from wherever they run; one thread, the caller's, supervises.
class Dinner {
 public:
  Dinner(const DineOptions& options, const DineHooks& hooks);

  const DineOptions& options;
  const DineHooks& hooks;
  const Words words;
  TableWatch table;
  WaitFor waits;

  /// Everybody is to leave. Look at it before every wait.
  [[nodiscard]] bool stopping() const { return stopping_.load(); }
  [[nodiscard]] bool had_enough(int i) const { return options.meals > 0 && table.meals(i) >= options.meals; }
  void say(int i, std::string_view what) const { labs::say(hooks, words, i, what); }

  // For the thread that supervises:
  /// Everybody sits: from here on it counts.
  void begin();
  /// Until all have left. When somebody must end it (`stop`, the time, a circle of waiting, a breach), sets `stopping`
  /// and calls `wake` once, which lets all who wait see it.
  void supervise(const std::stop_token& stop, const std::function<void()>& wake);
  /// One look, for those who supervise by themselves: ends the dinner when there is a reason. True: it is ending.
  bool look(const std::stop_token& stop);
  /// All have left, and nobody tells the table anything any more.
  [[nodiscard]] DineReport finish();
  /// Ends it before its time; the first reason counts.
  void end(DineEnd why);
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const { return deadline_; }

  // For philosophers:
  void left();
  /// Sleeps; false: everybody is to leave. For threads.
  [[nodiscard]] bool rest(std::chrono::nanoseconds time);
  /// Waits until all philosophers called it with this number, 0 or 1; false: everybody is to leave. For threads.
  [[nodiscard]] bool meet(std::size_t where);
  /// Waits for `begin`; false: it never comes.
  [[nodiscard]] bool wait_for_begin();
  /// Wakes who rests or meets.
  void wake_resting();

 private:
  std::atomic<bool> stopping_{false};
  ProcessCosts costs_at_start_;
  std::chrono::steady_clock::time_point arrived_, began_, deadline_;
  std::chrono::steady_clock::time_point next_look_;
  std::uint64_t resident_at_start_;
  std::uint64_t resident_at_begin_ = 0;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_, woken_;
  bool begun_ = false;
  bool news_ = false;  // a reason to look before the next tick
  int left_ = 0;
  std::array<int, 2> met_{};
  std::optional<DineEnd> why_;
  std::vector<int> circle_;
};

}  // namespace ece465::labs
