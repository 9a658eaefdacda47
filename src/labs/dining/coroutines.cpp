#include <asio/async_result.hpp>
#include <functional>
#include <thread>

#include "dinner.hpp"
#include "fork_table.hpp"
#include "ways.hpp"
#include "ece465/net/asio.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

using net::Task;

/// What somebody who waits is woken by: true, he has what he waited for; false, he is to leave.
using Wake = std::move_only_function<void(bool)>;

/// Waits until `wake` is called. All on one thread, so that nothing here needs a lock.
Task<bool> sleep_until(Wake& wake) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
      [&wake](auto handler) { wake = [h = std::move(handler)](bool got) mutable { std::move(h)(got); }; },
      asio::use_awaitable);
}

/// A lock that is awaited. Two share it, so that there is one at most who waits.
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
        asked_(options.philosophers, options.on_busy),
        approvals_(static_cast<std::size_t>(options.philosophers)) {
    for (int i = 0; i < options.philosophers; ++i) timers_.emplace_back(context_);
  }

  Result<DineReport> run(const std::stop_token& stop) {
    for (int i = 0; i < dinner_.options.philosophers; ++i) asio::co_spawn(context_, live(i), asio::detached);
    // A first turn, in which everybody comes as far as the first wait: for the beginning.
    context_.poll();
    dinner_.begin();
    for (auto& timer : timers_) timer.cancel();
    std::jthread thread([this] { context_.run(); });
    dinner_.supervise(stop, [this] { asio::post(context_, [this] { wake(); }); });
    thread.join();
    return dinner_.finish();
  }

 private:
  enum class Got : std::uint8_t { both, denied, sent_home };

  asio::steady_timer& timer(int i) { return timers_[static_cast<std::size_t>(i)]; }
  Chopstick& chopstick(int number) { return chopsticks_[static_cast<std::size_t>(number)]; }

  Task<void> live(int i) {
    timer(i).expires_at(std::chrono::steady_clock::time_point::max());
    co_await timer(i).async_wait(net::kNoThrow);
    Random random(dinner_.options.seed, static_cast<std::uint64_t>(i));
    TableWatch& table = dinner_.table;
    const Span think = dinner_.options.think, eat = dinner_.options.eat;
    for (;;) {
      table.thinks(i);
      dinner_.say(i, dinner_.words.thinking);
      const bool still_here = co_await rest(i, random.between(think.least, think.most));
      if (!still_here) break;
      table.asks(i);
      const Got got = co_await take_both(i);
      if (got == Got::sent_home) break;
      if (got == Got::denied) {
        table.denied(i);
        continue;
      }
      table.eats(i);
      dinner_.say(i, dinner_.words.eating);
      const auto meal = random.between(eat.least, eat.most);
      if (meal.count() > 0) (void)co_await rest(i, meal);
      dinner_.say(i, dinner_.words.returning);
      table.stops_eating(i);
      put_both(i);
      if (dinner_.stopping() || dinner_.had_enough(i)) break;
    }
    table.leaves(i, false);
    dinner_.left();
  }

  /// False: everybody is to leave. Who thinks for no time at all still lets others have their turn.
  Task<bool> rest(int i, std::chrono::nanoseconds time) {
    if (time.count() <= 0) {
      co_await asio::post(context_, asio::use_awaitable);
    } else if (!dinner_.stopping()) {
      timer(i).expires_after(time);
      co_await timer(i).async_wait(net::kNoThrow);
    }
    co_return !dinner_.stopping();
  }

  Task<Got> take_both(int i) {
    if (dinner_.options.strategy == Strategy::coordinator) co_return co_await ask_for_both(i);
    const int left = dinner_.table.left_fork(i), right = dinner_.table.right_fork(i);
    const bool naive = dinner_.options.strategy == Strategy::naive;
    const int first = naive ? left : std::min(left, right);
    const int second = naive ? right : std::max(left, right);
    // See threads.cpp: the first time, the naive all reach out at once.
    const bool together = naive && dinner_.table.meals(i) == 0;
    if (together) {
      const bool all_here = co_await meet(i, hungry_);
      if (!all_here) co_return Got::sent_home;
    }
    const bool has_first = co_await take(i, first);
    if (!has_first) co_return Got::sent_home;
    if (together) {
      const bool all_have_one = co_await meet(i, with_one_);
      if (!all_have_one) co_return Got::sent_home;
    }
    const bool has_second = co_await take(i, second);
    co_return has_second ? Got::both : Got::sent_home;
  }

  Task<bool> take(int i, int number) {
    Chopstick& stick = chopstick(number);
    if (stick.taken) {
      if (dinner_.stopping()) co_return false;
      dinner_.waits.begins(i, number);
      const bool got = co_await sleep_until(stick.waiter);
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
    // Handed on, it stays taken: nobody else can come in between.
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
    dinner_.table.puts(i, dinner_.table.left_fork(i));
    dinner_.table.puts(i, dinner_.table.right_fork(i));
    std::vector<int> approved;
    (void)asked_.give_back(i, approved);
    for (const int other : approved) {
      resume(std::exchange(approvals_[static_cast<std::size_t>(other)], nullptr), true);
    }
  }

  Task<Got> ask_for_both(int i) {
    const auto answer = asked_.request(i);
    if (answer == ForkTable::Answer::denied) co_return Got::denied;
    if (answer == ForkTable::Answer::queued) {
      if (dinner_.stopping()) co_return Got::sent_home;
      const bool approved = co_await sleep_until(approvals_[static_cast<std::size_t>(i)]);
      if (!approved) co_return Got::sent_home;
    }
    dinner_.table.takes(i, dinner_.table.left_fork(i));
    dinner_.table.takes(i, dinner_.table.right_fork(i));
    co_return Got::both;
  }

  /// Waits until everybody is there.
  Task<bool> meet(int i, std::vector<int>& there) {
    there.push_back(i);
    if (static_cast<int>(there.size()) == dinner_.options.philosophers) {
      for (const int other : there) timer(other).cancel();
    } else if (!dinner_.stopping()) {
      timer(i).expires_at(std::chrono::steady_clock::time_point::max());
      co_await timer(i).async_wait(net::kNoThrow);
    }
    co_return !dinner_.stopping();
  }

  void resume(Wake wake, bool got) {
    asio::post(context_, [w = std::move(wake), got]() mutable { w(got); });
  }

  /// Everybody who waits is sent home.
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
  ForkTable asked_;
  std::vector<Wake> approvals_;
  std::vector<int> hungry_, with_one_;
};

}  // namespace

Result<DineReport> dine_by_coroutines(const DineOptions& options, const DineHooks& hooks, const std::stop_token& stop) {
  return CoroutineTable(options, hooks).run(stop);
}

}  // namespace ece465::labs
