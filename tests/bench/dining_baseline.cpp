// Simple dining philosophers, without a summary and without invariants: the reference for `ece465 dine`.
//
//   dining_baseline thread|coroutine PHILOSOPHERS SECONDS    prints meals per second

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct alignas(64) Fork {
  std::mutex mutex;
};

std::uint64_t by_threads(std::size_t n, Clock::time_point end) {
  std::vector<Fork> forks(n);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> meals{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < n; ++i) {
    threads.emplace_back([&, i] {
      std::mutex& first = forks[std::min(i, (i + 1) % n)].mutex;
      std::mutex& second = forks[std::max(i, (i + 1) % n)].mutex;
      std::uint64_t own = 0;
      for (; !stop.load(std::memory_order_relaxed); ++own) {
        const std::scoped_lock one(first);
        const std::scoped_lock two(second);
      }
      meals += own;
    });
  }
  std::this_thread::sleep_until(end);
  stop = true;
  for (auto& thread : threads) thread.join();
  return meals;
}

/// Coroutines ready to run: a minimal scheduler.
std::deque<std::coroutine_handle<>> ready;

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

struct Yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) const { ready.push_back(self); }
  void await_resume() const noexcept {}
};

struct Chopstick {
  bool taken = false;
  std::coroutine_handle<> waiter;
  struct Take {
    Chopstick& stick;
    bool await_ready() const noexcept { return !stick.taken; }
    void await_suspend(std::coroutine_handle<> self) const { stick.waiter = self; }
    void await_resume() const noexcept { stick.taken = true; }
  };
  Take take() { return {*this}; }
  void put() {
    taken = false;
    if (waiter) ready.push_back(std::exchange(waiter, nullptr));
  }
};

Task philosopher(std::vector<Chopstick>& sticks, std::size_t i, bool& stop, std::uint64_t& meals) {
  const std::size_t n = sticks.size();
  Chopstick& first = sticks[std::min(i, (i + 1) % n)];
  Chopstick& second = sticks[std::max(i, (i + 1) % n)];
  while (!stop) {
    co_await Yield{};
    while (first.taken) co_await first.take();
    first.taken = true;
    while (second.taken) co_await second.take();
    second.taken = true;
    ++meals;
    first.put();
    second.put();
  }
}

std::uint64_t by_coroutines(std::size_t n, Clock::time_point end) {
  std::vector<Chopstick> sticks(n);
  bool stop = false;
  std::uint64_t meals = 0;
  for (std::size_t i = 0; i < n; ++i) philosopher(sticks, i, stop, meals);
  for (std::uint64_t turns = 0; !ready.empty(); ++turns) {
    if (turns % 1024 == 0 && Clock::now() >= end) stop = true;
    const auto next = ready.front();
    ready.pop_front();
    next.resume();
  }
  return meals;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string how = argv[1];
  const auto n = static_cast<std::size_t>(std::strtoul(argv[2], nullptr, 10));
  const double seconds = std::strtod(argv[3], nullptr);
  if (n < 2 || seconds <= 0) return 2;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const std::uint64_t meals = how == "thread" ? by_threads(n, end) : by_coroutines(n, end);
  std::printf("%.0f\n", static_cast<double>(meals) / seconds);
  return 0;
}
