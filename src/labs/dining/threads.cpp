#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "dinner.hpp"
#include "fork_table.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

/// How often a waiting thread checks whether all must leave.
constexpr auto kCheckInterval = std::chrono::milliseconds(250);

/// Not a plain mutex: waiting for one cannot be interrupted.
struct alignas(64) Fork {
  std::mutex mutex;  // guards `taken`
  std::condition_variable freed;
  bool taken = false;
};

/// A thread per philosopher.
class ThreadTable {
 public:
  ThreadTable(const DineOptions& options, const DineHooks& hooks)
      : dinner_(options, hooks),
        forks_(static_cast<std::size_t>(options.philosophers)),
        coordinator_(options.philosophers, options.on_busy),
        approvals_(static_cast<std::size_t>(options.philosophers)) {}

  Result<DineReport> run(const std::stop_token& stop) {
    const int n = dinner_.options.philosophers;
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(n));
    try {
      for (int i = 0; i < n; ++i) threads.emplace_back([this, i] { live(i); });
    } catch (const std::system_error& error) {
      dinner_.end(DineEnd::interrupted);
      (void)dinner_.poll(stop);
      dinner_.wake_sleepers();
      return fail(Errc::io, "cannot start thread {} of {}: {}", threads.size() + 1, n, error.code().message());
    }
    dinner_.begin();
    dinner_.supervise(stop, [this] { wake(); });
    threads.clear();
    return dinner_.finish();
  }

 private:
  enum class Outcome : std::uint8_t { both, denied, stopped };

  void live(int i) {
    if (dinner_.wait_for_begin()) think_and_eat(i);
    dinner_.table.leaves(i, false);
    dinner_.leave();
  }

  void think_and_eat(int i) {
    Random random(dinner_.options.seed, static_cast<std::uint64_t>(i));
    TableWatch& table = dinner_.table;
    const DurationRange think = dinner_.options.think, eat = dinner_.options.eat;
    for (;;) {
      table.thinks(i);
      dinner_.print(i, dinner_.phrases.thinking);
      if (!dinner_.sleep(random.between(think.min, think.max))) break;
      table.asks(i);
      const Outcome outcome = take_both(i);
      if (outcome == Outcome::stopped) break;
      if (outcome == Outcome::denied) {
        table.denied(i);
        std::this_thread::yield();
        continue;
      }
      table.eats(i);
      dinner_.print(i, dinner_.phrases.eating);
      const bool stay = dinner_.sleep(random.between(eat.min, eat.max));
      dinner_.print(i, dinner_.phrases.returning);
      table.stops_eating(i);
      put_both(i);
      if (!stay || dinner_.has_finished(i)) break;
    }
  }

  Outcome take_both(int i) {
    if (dinner_.options.strategy == Strategy::coordinator) return ask_for_both(i);
    const int left = dinner_.table.left_fork(i), right = dinner_.table.right_fork(i);
    const bool naive = dinner_.options.strategy == Strategy::naive;
    const int first = naive ? left : std::min(left, right);
    const int second = naive ? right : std::max(left, right);
    // The first time, all naive philosophers take their forks at the same moment: left to chance, the deadlock that
    // this strategy demonstrates may take hours.
    const bool together = naive && dinner_.table.meals(i) == 0;
    if (together && !dinner_.barrier(0)) return Outcome::stopped;
    if (!take(i, first)) return Outcome::stopped;
    if (together && !dinner_.barrier(1)) return Outcome::stopped;
    return take(i, second) ? Outcome::both : Outcome::stopped;
  }

  bool take(int i, int number) {
    Fork& fork = forks_[static_cast<std::size_t>(number)];
    std::unique_lock lock(fork.mutex);
    if (fork.taken) {
      dinner_.waits.begins(i, number);
      while (!fork.freed.wait_for(lock, kCheckInterval, [&] { return !fork.taken || dinner_.stopping(); })) {
      }
      dinner_.waits.ends(i);
      if (fork.taken) return false;
    }
    fork.taken = true;
    dinner_.table.takes(i, number);
    return true;
  }

  void put(int i, int number) {
    Fork& fork = forks_[static_cast<std::size_t>(number)];
    {
      const std::scoped_lock lock(fork.mutex);
      dinner_.table.puts(i, number);
      fork.taken = false;
    }
    fork.freed.notify_one();
  }

  void put_both(int i) {
    if (dinner_.options.strategy != Strategy::coordinator) {
      put(i, dinner_.table.left_fork(i));
      put(i, dinner_.table.right_fork(i));
      return;
    }
    std::vector<int> approved;
    const std::scoped_lock lock(coordinator_mutex_);
    dinner_.table.puts_both(i);
    (void)coordinator_.release(i, approved);
    for (const int other : approved) {
      Approval& approval = approvals_[static_cast<std::size_t>(other)];
      approval.given = true;
      approval.changed.notify_one();
    }
  }

  Outcome ask_for_both(int i) {
    Approval& approval = approvals_[static_cast<std::size_t>(i)];
    std::unique_lock lock(coordinator_mutex_);
    const auto answer = coordinator_.request(i);
    if (answer == ForkTable::Answer::denied) return Outcome::denied;
    if (answer == ForkTable::Answer::queued) {
      while (!approval.changed.wait_for(lock, kCheckInterval, [&] { return approval.given || dinner_.stopping(); })) {
      }
      if (!std::exchange(approval.given, false)) return Outcome::stopped;
    }
    dinner_.table.takes_both(i);
    return Outcome::both;
  }

  /// Wakes all waiting threads, without locking: acquiring every lock in turn among thousands of runnable threads takes
  /// long. A thread that misses the notification wakes up after kCheckInterval.
  void wake() {
    for (Fork& fork : forks_) fork.freed.notify_all();
    for (Approval& approval : approvals_) approval.changed.notify_all();
  }

  struct Approval {
    std::condition_variable changed;
    bool given = false;
  };

  Dinner dinner_;
  std::vector<Fork> forks_;
  std::mutex coordinator_mutex_;  // guards what follows
  ForkTable coordinator_;
  std::vector<Approval> approvals_;
};

}  // namespace

Result<DineReport> dine_by_threads(const DineOptions& options, const DineHooks& hooks, const std::stop_token& stop) {
  return ThreadTable(options, hooks).run(stop);
}

}  // namespace ece465::labs
