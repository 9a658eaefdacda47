#include <asio/async_result.hpp>
#include <functional>
#include <thread>

#include "dinner.hpp"
#include "ece465/net/asio.hpp"
#include "fork_table.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

using net::Task;

/// Resumes a waiting coroutine. True: it has what it waited for; false: it must leave.
using Wake = std::move_only_function<void(bool)>;

/// Waits until `wake` is called. Everything here runs on one thread, so nothing needs a lock.
Task<bool> suspend(Wake& wake) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
      [&wake](auto handler) { wake = [h = std::move(handler)](bool got) mutable { std::move(h)(got); }; },
      asio::use_awaitable);
}

/// An awaitable lock. Two philosophers share it, so at most one waits.
struct Chopstick {
  bool taken = false;
  Wake waiter;
};

/// A coroutine per philosopher, all on one thread.
class CoroutineTable {
 public:
  CoroutineTable(const DineOptions& options, const DineHooks& hooks)
      : dinner_(options, hooks),
        chopsticks_(static_cast<std::size_t>(options.philosophers)),
        coordinator_(options.philosophers, options.on_busy),
        approvals_(static_cast<std::size_t>(options.philosophers)) {
    for (int i = 0; i < options.philosophers; ++i) timers_.emplace_back(context_);
  }

  Result<DineReport> run(const std::stop_token& stop) {
    for (int i = 0; i < dinner_.options.philosophers; ++i) net::spawn(context_, live(i));
    // Runs each coroutine up to its first wait, which is for the beginning.
    context_.poll();
    dinner_.begin();
    for (auto& timer : timers_) timer.cancel();
    std::jthread thread([this] { context_.run(); });
    dinner_.supervise(stop, [this] { asio::post(context_, [this] { wake(); }); });
    thread.join();
    return dinner_.finish();
  }

 private:
  enum class Outcome : std::uint8_t { both, denied, stopped };

  asio::steady_timer& timer(int i) { return timers_[static_cast<std::size_t>(i)]; }
  Chopstick& chopstick(int number) { return chopsticks_[static_cast<std::size_t>(number)]; }

  Task<void> live(int i) {
    timer(i).expires_at(std::chrono::steady_clock::time_point::max());
    co_await timer(i).async_wait(net::kNoThrow);
    Random random(dinner_.options.seed, static_cast<std::uint64_t>(i));
    TableWatch& table = dinner_.table;
    const DurationRange think = dinner_.options.think, eat = dinner_.options.eat;
    for (;;) {
      table.thinks(i);
      dinner_.print(i, dinner_.phrases.thinking);
      const bool stay = co_await sleep(i, random.between(think.min, think.max));
      if (!stay) break;
      table.asks(i);
      const Outcome outcome = co_await take_both(i);
      if (outcome == Outcome::stopped) break;
      if (outcome == Outcome::denied) {
        table.denied(i);
        continue;
      }
      table.eats(i);
      dinner_.print(i, dinner_.phrases.eating);
      const auto meal = random.between(eat.min, eat.max);
      if (meal.count() > 0) (void)co_await sleep(i, meal);
      dinner_.print(i, dinner_.phrases.returning);
      table.stops_eating(i);
      put_both(i);
      if (dinner_.stopping() || dinner_.has_finished(i)) break;
    }
    table.leaves(i, false);
    dinner_.leave();
  }

  /// False: all must leave. A time of 0 still lets other coroutines run.
  Task<bool> sleep(int i, std::chrono::nanoseconds time) {
    if (time.count() <= 0) {
      co_await asio::post(context_, asio::use_awaitable);
    } else if (!dinner_.stopping()) {
      timer(i).expires_after(time);
      co_await timer(i).async_wait(net::kNoThrow);
    }
    co_return !dinner_.stopping();
  }

  Task<Outcome> take_both(int i) {
    if (dinner_.options.strategy == Strategy::coordinator) co_return co_await ask_for_both(i);
    const int left = dinner_.table.left_fork(i), right = dinner_.table.right_fork(i);
    const bool naive = dinner_.options.strategy == Strategy::naive;
    const int first = naive ? left : std::min(left, right);
    const int second = naive ? right : std::max(left, right);
    // The first time, all naive philosophers take their chopsticks at the same moment: see threads.cpp.
    const bool together = naive && dinner_.table.meals(i) == 0;
    if (together) {
      const bool all_ready = co_await barrier(i, ready_);
      if (!all_ready) co_return Outcome::stopped;
    }
    const bool has_first = co_await take(i, first);
    if (!has_first) co_return Outcome::stopped;
    if (together) {
      const bool all_have_one = co_await barrier(i, have_one_);
      if (!all_have_one) co_return Outcome::stopped;
    }
    const bool has_second = co_await take(i, second);
    co_return has_second ? Outcome::both : Outcome::stopped;
  }

  Task<bool> take(int i, int number) {
    Chopstick& stick = chopstick(number);
    if (stick.taken) {
      if (dinner_.stopping()) co_return false;
      dinner_.waits.begins(i, number);
      const bool got = co_await suspend(stick.waiter);
      dinner_.waits.ends(i);
      if (!got) co_return false;
    }
    stick.taken = true;
    dinner_.table.takes(i, number);
    co_return true;
  }

  void put(int i, int number) {
    Chopstick& stick = chopstick(number);
    dinner_.table.puts(i, number);
    // Passed to the waiter directly, it stays taken, so that no other coroutine can get it first.
    if (stick.waiter) {
      resume(std::exchange(stick.waiter, nullptr), true);
    } else {
      stick.taken = false;
    }
  }

  void put_both(int i) {
    if (dinner_.options.strategy != Strategy::coordinator) {
      put(i, dinner_.table.left_fork(i));
      put(i, dinner_.table.right_fork(i));
      return;
    }
    dinner_.table.puts_both(i);
    std::vector<int> approved;
    (void)coordinator_.release(i, approved);
    for (const int other : approved) {
      resume(std::exchange(approvals_[static_cast<std::size_t>(other)], nullptr), true);
    }
  }

  Task<Outcome> ask_for_both(int i) {
    const auto answer = coordinator_.request(i);
    if (answer == ForkTable::Answer::denied) co_return Outcome::denied;
    if (answer == ForkTable::Answer::queued) {
      if (dinner_.stopping()) co_return Outcome::stopped;
      const bool approved = co_await suspend(approvals_[static_cast<std::size_t>(i)]);
      if (!approved) co_return Outcome::stopped;
    }
    dinner_.table.takes_both(i);
    co_return Outcome::both;
  }

  /// Waits until all philosophers have arrived.
  Task<bool> barrier(int i, std::vector<int>& arrived) {
    arrived.push_back(i);
    if (static_cast<int>(arrived.size()) == dinner_.options.philosophers) {
      for (const int other : arrived) timer(other).cancel();
    } else if (!dinner_.stopping()) {
      timer(i).expires_at(std::chrono::steady_clock::time_point::max());
      co_await timer(i).async_wait(net::kNoThrow);
    }
    co_return !dinner_.stopping();
  }

  void resume(Wake wake, bool got) {
    asio::post(context_, [w = std::move(wake), got]() mutable { w(got); });
  }

  /// Wakes all waiting coroutines.
  void wake() {
    for (auto& one : timers_) one.cancel();
    for (Chopstick& stick : chopsticks_) {
      if (stick.waiter) resume(std::exchange(stick.waiter, nullptr), false);
    }
    for (Wake& approval : approvals_) {
      if (approval) resume(std::exchange(approval, nullptr), false);
    }
  }

  Dinner dinner_;
  asio::io_context context_{1};
  std::vector<asio::steady_timer> timers_;
  std::vector<Chopstick> chopsticks_;
  ForkTable coordinator_;
  std::vector<Wake> approvals_;
  std::vector<int> ready_, have_one_;
};

}  // namespace

Result<DineReport> dine_by_coroutines(const DineOptions& options, const DineHooks& hooks, const std::stop_token& stop) {
  return CoroutineTable(options, hooks).run(stop);
}

}  // namespace ece465::labs
