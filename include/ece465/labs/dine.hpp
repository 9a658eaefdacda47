#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// The dining philosophers. Philosopher i sits between fork i and fork i + 1 (the last one's right fork is fork 0),
/// thinks for a while, needs both forks to eat for a while, and starts over.

namespace ece465::labs {

/// How philosophers are implemented.
enum class DineMode : std::uint8_t {
  ipc,     ///< a process each, with pipes to a coordinator that owns the forks
  thread,  ///< a thread each; forks are locks in shared memory
  async,   ///< a coroutine each, all on one thread; chopsticks are awaitable locks
  tcp,     ///< a network client each, of a coordinator that owns the forks
};

/// How a philosopher acquires two forks.
enum class Strategy : std::uint8_t {
  ordered,      ///< the lower-numbered fork first, so no cycle of waiting can close
  coordinator,  ///< both at once, from a coordinator that serves neighbours in the order in which they ask
  naive,        ///< the left fork first: when every philosopher holds one, all wait forever
};

/// What a coordinator does with a request that it cannot grant at once.
enum class OnBusy : std::uint8_t {
  queue,  ///< answers when both forks are free; a later request never overtakes a waiting neighbour's
  deny,   ///< answers DENIED and forgets the request
};

/// A duration is drawn uniformly from [min, max].
struct DurationRange {
  std::chrono::nanoseconds min{}, max{};
};

struct DineOptions {
  DineMode mode = DineMode::thread;
  Strategy strategy = Strategy::ordered;
  OnBusy on_busy = OnBusy::queue;
  int philosophers = 5;  ///< 2 to kMaxPhilosophers
  DurationRange think{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};
  DurationRange eat{std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};
  std::uint64_t meals = 0;               ///< each philosopher leaves after this many; 0: no limit
  std::chrono::nanoseconds duration{0};  ///< all philosophers leave after this time; 0: no limit
  std::uint64_t seed = 1;                ///< of all random durations
  bool timeline = false;                 ///< record each philosopher's activities
  std::string server_host;               ///< tcp: the coordinator's host; empty: start one in this process
  std::uint16_t server_port = 0;
};

constexpr int kMaxPhilosophers = 10'000;

enum class Activity : std::uint8_t { thinking, waiting, eating, gone };

/// Timelines are kept for the first seats only: a picture with more rows is unreadable.
inline constexpr int kMaxTimelineSeats = 100;

/// `activity` begins at `at`, measured from the start of the run.
struct TimelineEntry {
  std::chrono::nanoseconds at{};
  Activity activity = Activity::thinking;
};

/// Minimum and maximum are exact, percentiles within 3 %.
struct DurationStats {
  std::chrono::nanoseconds min{}, median{}, p99{}, max{};
};

struct SeatReport {
  int number = 0;
  std::uint64_t meals = 0;
  std::uint64_t denied = 0;
  std::optional<DurationStats> waited;  ///< per meal; empty without a meal
  bool lost = false;                    ///< the process or connection ended early
  std::vector<TimelineEntry> timeline;  ///< of the first kMaxTimelineSeats
};

enum class DineEnd : std::uint8_t {
  meals,        ///< every philosopher finished its meals or left
  duration,     ///< the time was up
  interrupted,  ///< a stop was requested
  deadlock,     ///< a cycle of waiting
  violation,    ///< two neighbours ate together, or two philosophers held the same fork
};

struct DineReport {
  DineEnd end = DineEnd::meals;
  std::vector<int> cycle;               ///< of a deadlock: each waits for the next, the last for the first
  std::string violation;                ///< what was observed, and the last events of those involved, in lines
  std::chrono::nanoseconds start_up{};  ///< until all philosophers were seated
  std::chrono::nanoseconds elapsed{};   ///< from then on
  std::vector<SeatReport> seats;        ///< those that were taken
  std::uint64_t meals = 0;
  double meals_per_second = 0;
  double fairness = 1;                  ///< Jain's index of the meals: 1 if all had the same number, 1/n if one had all
  std::optional<DurationStats> waited;  ///< of all meals
  std::uint64_t voluntary_switches = 0, forced_switches = 0;
  std::uint64_t peak_memory_bytes = 0;       ///< of this process
  std::uint64_t memory_per_philosopher = 0;  ///< bytes, measured once all are seated
};

/// A snapshot of one seat during a run.
struct SeatView {
  Activity activity = Activity::thinking;
  std::uint64_t meals = 0;
};

/// Callbacks; each may be empty.
struct DineHooks {
  /// A philosopher's line of output, without newline. Called from any thread, also concurrently.
  std::function<void(std::string_view line)> on_line{};
  /// Called about ten times a second on the thread that called `dine`.
  std::function<void(const std::vector<SeatView>& seats, std::chrono::nanoseconds elapsed)> on_progress{};
  /// Something unusual that does not end the run, e.g. a philosopher was killed.
  std::function<void(std::string_view message)> on_warning{};
};

/// The first line of output in this mode, in the wording of the course's programs.
[[nodiscard]] std::string_view opening_line(DineMode mode);
/// "0 waits for 1 waits for 2 waits for 0"; long cycles are abbreviated in the middle.
[[nodiscard]] std::string cycle_text(const std::vector<int>& cycle);

/// Philosophers as processes. They are forked while this process has no other threads, since the child of a process
/// with threads may call little more than exec; `dine` then runs their coordinator.
class ForkedPhilosophers {
 public:
  /// Forks the philosophers; each waits for the coordinator. `print`: they write their lines to standard output.
  /// Fails with `usage` if the open-file limit is too low, and with `io` if the system has no more processes.
  [[nodiscard]] static Result<std::unique_ptr<ForkedPhilosophers>> start(const DineOptions& options, bool print);
  /// Kills and reaps the remaining processes.
  virtual ~ForkedPhilosophers() = default;

  [[nodiscard]] virtual Result<DineReport> dine(const DineHooks& hooks, std::stop_token stop) = 0;
};

/// Runs a dinner of any mode but `ipc` until it ends. Deadlocks and violations are reported, not errors; it fails if
/// philosophers cannot be seated: with `io` for lack of threads, with `unavailable` without a coordinator.
[[nodiscard]] Result<DineReport> dine(const DineOptions& options, const DineHooks& hooks, std::stop_token stop);

/// The timelines as a standalone SVG document: a row per philosopher, a colour per activity.
[[nodiscard]] std::string timeline_svg(const DineOptions& options, const DineReport& report);

}  // namespace ece465::labs
