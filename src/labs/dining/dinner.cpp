#include "dinner.hpp"

#include <algorithm>

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

Dinner::Dinner(const DineOptions& dine_options, const DineHooks& dine_hooks)
    : options(dine_options),
      hooks(dine_hooks),
      words(words_of(dine_options.mode)),
      table(dine_options.philosophers, dine_options.timeline, [this] { end(DineEnd::breach); }),
      waits(dine_options.philosophers),
      costs_at_start_(own_costs()),
      arrived_(Clock::now()),
      began_(arrived_),
      deadline_(Clock::time_point::max()),
      next_look_(arrived_),
      resident_at_start_(resident_bytes()) {}

void Dinner::begin() {
  resident_at_begin_ = resident_bytes();
  began_ = Clock::now();
  if (options.duration.count() > 0) deadline_ = began_ + options.duration;
  table.start(began_);
  const std::scoped_lock lock(mutex_);
  begun_ = true;
  woken_.notify_all();
}

void Dinner::end(DineEnd why) {
  const std::scoped_lock lock(mutex_);
  if (!why_) why_ = why;
  news_ = true;
  changed_.notify_all();
}

bool Dinner::look(const std::stop_token& stop) {
  const auto now = Clock::now();
  if (now >= next_look_) {
    next_look_ = now + kTick;
    if (hooks.look) hooks.look(table.view(), now - began_);
    if (auto circle = waits.look(table); circle && !stopping()) {
      circle_ = *std::move(circle);
      end(DineEnd::deadlock);
    }
  }
  if (stop.stop_requested()) end(DineEnd::interrupted);
  if (now >= deadline_) end(DineEnd::duration);
  const std::scoped_lock lock(mutex_);
  if (why_) stopping_ = true;
  return stopping();
}

void Dinner::supervise(const std::stop_token& stop, const std::function<void()>& wake) {
  const std::stop_callback when_stopped(stop, [this] { end(DineEnd::interrupted); });
  for (bool ending = false; !ending;) {
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return left_ == options.philosophers || news_; };
      changed_.wait_until(lock, std::min({deadline_, next_look_, Clock::now() + kTick}), due);
      news_ = false;
      if (left_ == options.philosophers) return;
    }
    ending = look(stop);
  }
  wake_resting();
  wake();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return left_ == options.philosophers; });
}

void Dinner::wake_resting() {
  const std::scoped_lock lock(mutex_);
  woken_.notify_all();
}

void Dinner::left() {
  const std::scoped_lock lock(mutex_);
  if (++left_ == options.philosophers) changed_.notify_all();
}

bool Dinner::rest(std::chrono::nanoseconds time) {
  if (time.count() <= 0) return !stopping();
  std::unique_lock lock(mutex_);
  return !woken_.wait_for(lock, time, [this] { return stopping(); });
}

bool Dinner::meet(std::size_t where) {
  std::unique_lock lock(mutex_);
  if (++met_[where] == options.philosophers) woken_.notify_all();
  woken_.wait(lock, [&] { return stopping() || met_[where] >= options.philosophers; });
  return !stopping();
}

bool Dinner::wait_for_begin() {
  std::unique_lock lock(mutex_);
  woken_.wait(lock, [this] { return stopping() || begun_; });
  return !stopping();
}

DineReport Dinner::finish() {
  DineReport report;
  report.elapsed = Clock::now() - began_;
  report.start_up = began_ - arrived_;
  table.report(report);
  {
    const std::scoped_lock lock(mutex_);
    report.end = why_.value_or(DineEnd::meals);
  }
  report.circle = circle_;
  const double seconds = std::chrono::duration<double>(report.elapsed).count();
  report.meals_per_second = seconds > 0 ? static_cast<double>(report.meals) / seconds : 0;
  const ProcessCosts costs = own_costs();
  report.voluntary_switches = costs.voluntary_switches - costs_at_start_.voluntary_switches;
  report.forced_switches = costs.forced_switches - costs_at_start_.forced_switches;
  report.peak_memory_bytes = costs.peak_memory_bytes;
  const auto grown = resident_at_begin_ - std::min(resident_at_start_, resident_at_begin_);
  report.memory_per_philosopher = grown / static_cast<std::uint64_t>(options.philosophers);
  return report;
}

}  // namespace ece465::labs
