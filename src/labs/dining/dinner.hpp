#pragma once

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

#include "ece465/labs/dine.hpp"
#include "resources.hpp"
#include "table_watch.hpp"
#include "wait_for_graph.hpp"

namespace ece465::labs {

/// The lines that philosophers print, in the wording of the course's program of each mode.
struct Phrases {
  std::string_view name = "Philosopher";
  std::string_view thinking = "Thinking...";
  std::string_view requesting{};  ///< empty: prints none
  std::string_view eating = "Eating!";
  std::string_view returning = "Returning forks...";
};
[[nodiscard]] Phrases phrases_of(DineMode mode);

/// "[Philosopher 2] Eating!" to `hooks.on_line`, if set.
inline void print(const DineHooks& hooks, const Phrases& phrases, int philosopher, std::string_view phrase) {
  if (hooks.on_line && !phrase.empty()) hooks.on_line(fmt::format("[{} {}] {}", phrases.name, philosopher, phrase));
}

/// State that all modes share: the monitored table, when the dinner begins, and when and why it ends. Philosophers call
/// in from their own threads; the caller's thread supervises.
class Dinner {
 public:
  Dinner(const DineOptions& options, const DineHooks& hooks);

  const DineOptions& options;
  const DineHooks& hooks;
  const Phrases phrases;
  TableWatch table;
  WaitForGraph waits;

  /// All philosophers must leave. Check before each wait.
  [[nodiscard]] bool stopping() const { return stopping_.load(); }
  [[nodiscard]] bool has_finished(int i) const { return options.meals > 0 && table.meals(i) >= options.meals; }
  void print(int i, std::string_view phrase) const { labs::print(hooks, phrases, i, phrase); }

  // For the supervising thread:
  /// Call once all are seated: starts the clock.
  void begin();
  /// Returns when all philosophers have left. If the dinner must end first (`stop`, the duration, a deadlock, a
  /// violation), sets `stopping` and calls `wake` once, which must wake all waiting philosophers.
  void supervise(const std::stop_token& stop, const std::function<void()>& wake);
  /// For callers with a loop of their own: checks for a reason to end. True: the dinner is ending.
  bool poll(const std::stop_token& stop);
  /// After all have left and nothing is reported to the table any more.
  [[nodiscard]] DineReport finish();
  /// The first reason counts.
  void end(DineEnd reason);
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const { return deadline_; }

  // For philosophers:
  void leave();
  // For philosophers that are threads; each returns false if all must leave:
  [[nodiscard]] bool sleep(std::chrono::nanoseconds time);
  /// Waits until all philosophers have called it with this index, 0 or 1.
  [[nodiscard]] bool barrier(std::size_t index);
  /// Waits for `begin`.
  [[nodiscard]] bool wait_for_begin();
  /// Wakes all threads in the three functions above.
  void wake_sleepers();

 private:
  std::atomic<bool> stopping_{false};
  ResourceUsage usage_at_start_;
  std::chrono::steady_clock::time_point arrived_, began_, deadline_;
  std::chrono::steady_clock::time_point next_tick_;
  std::uint64_t resident_at_start_;
  std::uint64_t resident_at_begin_ = 0;
  std::mutex mutex_;  // guards what follows
  std::condition_variable supervisor_, sleepers_;
  bool begun_ = false;
  bool poll_now_ = false;  // do not wait for the next tick
  int left_ = 0;
  std::array<int, 2> arrived_at_barrier_{};
  std::optional<DineEnd> reason_;
  std::vector<int> cycle_;
};

/// The modes; `dine` chooses.
[[nodiscard]] Result<DineReport> dine_by_threads(const DineOptions& options, const DineHooks& hooks,
                                                 const std::stop_token& stop);
[[nodiscard]] Result<DineReport> dine_by_coroutines(const DineOptions& options, const DineHooks& hooks,
                                                    const std::stop_token& stop);
[[nodiscard]] Result<DineReport> dine_by_network(const DineOptions& options, const DineHooks& hooks,
                                                 const std::stop_token& stop);

}  // namespace ece465::labs
