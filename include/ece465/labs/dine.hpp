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

/// What a philosopher is made of.
enum class DineMode : std::uint8_t {
  ipc,     ///< a process, with pipes to a coordinator that owns the forks
  thread,  ///< a thread; forks are locks in shared memory
  async,   ///< a coroutine; all of them on one thread, chopsticks are awaitable locks
  tcp,     ///< a network client of a coordinator that owns the forks
};

/// How one comes by two forks.
enum class Strategy : std::uint8_t {
  ordered,      ///< the fork with the lower number first: no circle of waiting can close
  coordinator,  ///< both at once, from somebody who keeps the order of asking
  naive,        ///< the left one first: when everybody has done so, all wait for ever
};

/// What a coordinator says to who cannot eat at once.
enum class OnBusy : std::uint8_t {
  queue,  ///< nothing, until it is their turn; nobody who came later is served before a neighbour who waits
  deny,   ///< DENIED, and forgets them
};

/// A time drawn evenly from [least, most].
struct Span {
  std::chrono::nanoseconds least{}, most{};
};

struct DineOptions {
  DineMode mode = DineMode::thread;
  Strategy strategy = Strategy::ordered;
  OnBusy on_busy = OnBusy::queue;
  int philosophers = 5;  ///< 2 to kMaxPhilosophers
  Span think{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};
  Span eat{std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};
  std::uint64_t meals = 0;               ///< each philosopher leaves after so many; 0: stays
  std::chrono::nanoseconds duration{0};  ///< everybody leaves after so long; 0: stays
  std::uint64_t seed = 1;                ///< of all that is drawn
  bool timeline = false;                 ///< keep who did what when
  std::string server_host;               ///< tcp: the coordinator's host; empty: one is started here
  std::uint16_t server_port = 0;
};

constexpr int kMaxPhilosophers = 10'000;

enum class Doing : std::uint8_t { thinking, waiting, eating, gone };

/// Seats whose timelines are kept and drawn: more rows are no picture any more.
inline constexpr int kTimelineSeats = 100;

/// From `at`, measured from the start of the run, somebody was `doing` this.
struct Moment {
  std::chrono::nanoseconds at{};
  Doing doing = Doing::thinking;
};

/// How long things took: exact ends, and percentiles within 4 %.
struct DurationStats {
  std::chrono::nanoseconds least{}, median{}, p99{}, most{};
};

struct SeatReport {
  int number = 0;
  std::uint64_t meals = 0;
  std::uint64_t denied = 0;
  std::optional<DurationStats> waited;  ///< for each meal; none without one
  bool lost = false;             ///< its process or connection ended before its time
  std::vector<Moment> timeline;  ///< of the first kTimelineSeats
};

enum class DineEnd : std::uint8_t {
  meals,        ///< everybody had enough, or is gone
  duration,     ///< the time was over
  interrupted,  ///< somebody asked to stop
  deadlock,     ///< a circle of waiting
  breach,       ///< two neighbours ate together, or a fork was in two hands
};

struct DineReport {
  DineEnd end = DineEnd::meals;
  std::vector<int> circle;              ///< of a deadlock: each waits for the next, the last for the first
  std::string breach;                   ///< what was seen, and the history of those concerned, in lines
  std::chrono::nanoseconds start_up{};  ///< until everybody sat
  std::chrono::nanoseconds elapsed{};   ///< from then on
  std::vector<SeatReport> seats;        ///< those that were taken
  std::uint64_t meals = 0;
  double meals_per_second = 0;
  double fairness = 1;           ///< Jain's index of the meals: 1 when all had as many, 1/n when one had all
  std::optional<DurationStats> waited;  ///< of all meals
  std::uint64_t voluntary_switches = 0, forced_switches = 0;
  std::uint64_t peak_memory_bytes = 0;       ///< of this process
  std::uint64_t memory_per_philosopher = 0;  ///< bytes that each took, measured once all sat
};

/// What is seen of a run while it goes on.
struct SeatView {
  Doing doing = Doing::thinking;
  std::uint64_t meals = 0;
};
struct DineHooks {
  /// One line of a philosopher's, without its newline; from any thread, also several at once. Empty: nobody listens.
  std::function<void(std::string_view line)> say{};
  /// Called about ten times a second from the thread that called `dine`. Empty: nobody looks.
  std::function<void(const std::vector<SeatView>& seats, std::chrono::nanoseconds elapsed)> look{};
  /// Something that is not as usual but does not end the run: a philosopher was killed.
  std::function<void(std::string_view what)> note{};
};

/// The line that a run of this mode begins with: the course notes' own.
[[nodiscard]] std::string_view opening_line(DineMode mode);
/// "0 waits for 1 waits for 2 waits for 0"; long circles without their middle.
[[nodiscard]] std::string cycle_text(const std::vector<int>& circle);

/// Philosophers that are processes. They are made while this process has no threads, since a process that is forked
/// from one with threads may do next to nothing; then `dine` runs their coordinator.
class ForkedPhilosophers {
 public:
  /// Starts them; each waits for the coordinator. `talk`: they write their lines to standard output. Fails with `usage`
  /// where this process may not have so many files open, and with `io` when the system has no more processes.
  [[nodiscard]] static Result<std::unique_ptr<ForkedPhilosophers>> start(const DineOptions& options, bool talk);
  /// Ends and reaps those that are left.
  virtual ~ForkedPhilosophers() = default;

  /// Lets them dine.
  [[nodiscard]] virtual Result<DineReport> dine(const DineHooks& hooks, std::stop_token stop) = 0;
};

/// Runs a dinner of any mode but `ipc` to its end. Deadlocks and breaches are ends, not errors; errors are what keeps
/// philosophers from sitting down: no more threads (`io`), no coordinator (`unavailable`).
[[nodiscard]] Result<DineReport> dine(const DineOptions& options, const DineHooks& hooks, std::stop_token stop);

/// The timelines as a standalone SVG document: a row per philosopher, a colour per doing.
[[nodiscard]] std::string timeline_svg(const DineOptions& options, const DineReport& report);

}  // namespace ece465::labs
