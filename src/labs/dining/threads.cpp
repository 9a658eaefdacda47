#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "dinner.hpp"
#include "fork_table.hpp"
#include "ways.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

/// How often somebody who waits looks whether everybody is to leave.
constexpr auto kLookUp = std::chrono::milliseconds(250);

/// A lock with a number. Not a plain mutex, because somebody who waits for one cannot be told to go home.
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
        asked_(options.philosophers, options.on_busy),
        approved_(static_cast<std::size_t>(options.philosophers)) {}

  Result<DineReport> run(const std::stop_token& stop) {
    const int n = dinner_.options.philosophers;
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(n));
    std::string failed;
    try {
      for (int i = 0; i < n; ++i) threads.emplace_back([this, i] { live(i); });
    } catch (const std::system_error& error) {
      failed = error.code().message();
    }
    if (!failed.empty()) {
      dinner_.end(DineEnd::interrupted);
      (void)dinner_.look(stop);
      dinner_.wake_resting();
      const std::size_t seated = threads.size();
      threads.clear();
      return fail(Errc::io, "only {} of {} philosophers got a thread: {}", seated, n, failed);
    }
    dinner_.begin();
    dinner_.supervise(stop, [this] { wake(); });
    threads.clear();
    return dinner_.finish();
  }

 private:
  enum class Got : std::uint8_t { both, denied, sent_home };

  void live(int i) {
    if (dinner_.wait_for_begin()) eat_and_think(i);
    dinner_.table.leaves(i, false);
    dinner_.left();
  }

  void eat_and_think(int i) {
    Random random(dinner_.options.seed, static_cast<std::uint64_t>(i));
    TableWatch& table = dinner_.table;
    const Span think = dinner_.options.think, eat = dinner_.options.eat;
    for (;;) {
      table.thinks(i);
      dinner_.say(i, dinner_.words.thinking);
      if (!dinner_.rest(random.between(think.least, think.most))) break;
      table.asks(i);
      const Got got = take_both(i);
      if (got == Got::sent_home) break;
      if (got == Got::denied) {
        table.denied(i);
        std::this_thread::yield();
        continue;
      }
      table.eats(i);
      dinner_.say(i, dinner_.words.eating);
      const bool go_on = dinner_.rest(random.between(eat.least, eat.most));
      dinner_.say(i, dinner_.words.returning);
      table.stops_eating(i);
      put_both(i);
      if (!go_on || dinner_.had_enough(i)) break;
    }
  }

  Got take_both(int i) {
    if (dinner_.options.strategy == Strategy::coordinator) return ask_for_both(i);
    const int left = dinner_.table.left_fork(i), right = dinner_.table.right_fork(i);
    const bool naive = dinner_.options.strategy == Strategy::naive;
    const int first = naive ? left : std::min(left, right);
    const int second = naive ? right : std::max(left, right);
    // The first time, the naive all reach out at once: left to chance, their deadlock might not come within a lesson.
    const bool together = naive && dinner_.table.meals(i) == 0;
    if (together && !dinner_.meet(0)) return Got::sent_home;
    if (!take(i, first)) return Got::sent_home;
    if (together && !dinner_.meet(1)) return Got::sent_home;
    return take(i, second) ? Got::both : Got::sent_home;
  }

  bool take(int i, int number) {
    Fork& fork = forks_[static_cast<std::size_t>(number)];
    std::unique_lock lock(fork.mutex);
    if (fork.taken) {
      dinner_.waits.begins(i, number);
      while (!fork.freed.wait_for(lock, kLookUp, [&] { return !fork.taken || dinner_.stopping(); })) {
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
    const int left = dinner_.table.left_fork(i), right = dinner_.table.right_fork(i);
    if (dinner_.options.strategy != Strategy::coordinator) {
      put(i, left);
      put(i, right);
      return;
    }
    std::vector<int> approved;
    const std::scoped_lock lock(coordinator_);
    dinner_.table.puts(i, left);
    dinner_.table.puts(i, right);
    (void)asked_.give_back(i, approved);
    for (const int other : approved) {
      Approval& approval = approved_[static_cast<std::size_t>(other)];
      approval.given = true;
      approval.told.notify_one();
    }
  }

  Got ask_for_both(int i) {
    Approval& approval = approved_[static_cast<std::size_t>(i)];
    std::unique_lock lock(coordinator_);
    const auto answer = asked_.request(i);
    if (answer == ForkTable::Answer::denied) return Got::denied;
    if (answer == ForkTable::Answer::queued) {
      while (!approval.told.wait_for(lock, kLookUp, [&] { return approval.given || dinner_.stopping(); })) {
      }
      if (!std::exchange(approval.given, false)) return Got::sent_home;
    }
    dinner_.table.takes(i, dinner_.table.left_fork(i));
    dinner_.table.takes(i, dinner_.table.right_fork(i));
    return Got::both;
  }

  /// Everybody who waits looks up. Without the locks, which would have to be had one after the other from thousands of
  /// threads that all want to run: somebody who just went to sleep and misses it looks up by himself.
  void wake() {
    for (Fork& fork : forks_) fork.freed.notify_all();
    for (Approval& approval : approved_) approval.told.notify_all();
  }

  struct Approval {
    std::condition_variable told;
    bool given = false;
  };

  Dinner dinner_;
  std::vector<Fork> forks_;
  std::mutex coordinator_;  // guards what follows
  ForkTable asked_;
  std::vector<Approval> approved_;
};

}  // namespace

Result<DineReport> dine_by_threads(const DineOptions& options, const DineHooks& hooks, const std::stop_token& stop) {
  return ThreadTable(options, hooks).run(stop);
}

}  // namespace ece465::labs
