#include "dinner.hpp"

#include <algorithm>

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

Phrases phrases_of(DineMode mode) {
  switch (mode) {
    case DineMode::thread: return {.name = "Thread"};
    case DineMode::async:
      return {.name = "Async Philosopher", .eating = "Eating with chopsticks!", .returning = "Returning chopsticks..."};
    case DineMode::ipc:
    case DineMode::tcp: break;
  }
  return {.requesting = "Requesting forks..."};
}

Dinner::Dinner(const DineOptions& dine_options, const DineHooks& dine_hooks)
    : options(dine_options),
      hooks(dine_hooks),
      phrases(phrases_of(dine_options.mode)),
      table(dine_options.philosophers, dine_options.timeline, [this] { end(DineEnd::violation); }),
      waits(dine_options.philosophers),
      usage_at_start_(own_usage()),
      arrived_(Clock::now()),
      began_(arrived_),
      deadline_(Clock::time_point::max()),
      next_tick_(arrived_),
      resident_at_start_(resident_bytes()) {}

void Dinner::begin() {
  resident_at_begin_ = resident_bytes();
  began_ = Clock::now();
  if (options.duration.count() > 0) deadline_ = began_ + options.duration;
  table.start(began_);
  const std::scoped_lock lock(mutex_);
  begun_ = true;
  sleepers_.notify_all();
}

void Dinner::end(DineEnd reason) {
  const std::scoped_lock lock(mutex_);
  if (!reason_) reason_ = reason;
  poll_now_ = true;
  supervisor_.notify_all();
}

bool Dinner::poll(const std::stop_token& stop) {
  const auto now = Clock::now();
  if (now >= next_tick_) {
    next_tick_ = now + kTick;
    if (hooks.on_progress) hooks.on_progress(table.view(), now - began_);
    if (auto cycle = waits.find_cycle(table); cycle && !stopping()) {
      cycle_ = *std::move(cycle);
      end(DineEnd::deadlock);
    }
  }
  if (stop.stop_requested()) end(DineEnd::interrupted);
  if (now >= deadline_) end(DineEnd::duration);
  const std::scoped_lock lock(mutex_);
  if (reason_) stopping_ = true;
  return stopping();
}

void Dinner::supervise(const std::stop_token& stop, const std::function<void()>& wake) {
  const std::stop_callback when_stopped(stop, [this] { end(DineEnd::interrupted); });
  for (bool ending = false; !ending;) {
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return left_ == options.philosophers || poll_now_; };
      supervisor_.wait_until(lock, std::min({deadline_, next_tick_, Clock::now() + kTick}), due);
      poll_now_ = false;
      if (left_ == options.philosophers) return;
    }
    ending = poll(stop);
  }
  wake_sleepers();
  wake();
  std::unique_lock lock(mutex_);
  supervisor_.wait(lock, [this] { return left_ == options.philosophers; });
}

void Dinner::wake_sleepers() {
  const std::scoped_lock lock(mutex_);
  sleepers_.notify_all();
}

void Dinner::leave() {
  const std::scoped_lock lock(mutex_);
  if (++left_ == options.philosophers) supervisor_.notify_all();
}

bool Dinner::sleep(std::chrono::nanoseconds time) {
  if (time.count() <= 0) return !stopping();
  std::unique_lock lock(mutex_);
  return !sleepers_.wait_for(lock, time, [this] { return stopping(); });
}

bool Dinner::barrier(std::size_t index) {
  std::unique_lock lock(mutex_);
  if (++arrived_at_barrier_[index] == options.philosophers) sleepers_.notify_all();
  sleepers_.wait(lock, [&] { return stopping() || arrived_at_barrier_[index] >= options.philosophers; });
  return !stopping();
}

bool Dinner::wait_for_begin() {
  std::unique_lock lock(mutex_);
  sleepers_.wait(lock, [this] { return stopping() || begun_; });
  return !stopping();
}

DineReport Dinner::finish() {
  DineReport report;
  report.elapsed = Clock::now() - began_;
  report.start_up = began_ - arrived_;
  table.report(report);
  {
    const std::scoped_lock lock(mutex_);
    report.end = reason_.value_or(DineEnd::meals);
  }
  report.cycle = cycle_;
  const double seconds = std::chrono::duration<double>(report.elapsed).count();
  report.meals_per_second = seconds > 0 ? static_cast<double>(report.meals) / seconds : 0;
  const ResourceUsage usage = own_usage();
  report.voluntary_switches = usage.voluntary_switches - usage_at_start_.voluntary_switches;
  report.forced_switches = usage.forced_switches - usage_at_start_.forced_switches;
  report.peak_memory_bytes = usage.peak_memory_bytes;
  const auto grown = resident_at_begin_ - std::min(resident_at_start_, resident_at_begin_);
  report.memory_per_philosopher = grown / static_cast<std::uint64_t>(options.philosophers);
  return report;
}

}  // namespace ece465::labs
