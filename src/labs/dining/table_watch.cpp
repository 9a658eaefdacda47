#include "table_watch.hpp"

#include <algorithm>

namespace ece465::labs {
namespace {

/// Timeline entries per philosopher: enough for an hour at the default pace.
constexpr std::size_t kMaxTimelineEntries = 8192;

constexpr std::array<std::string_view, 9> kEventNames{"",     "thinks",    "asks",           "is denied", "takes fork",
                                                      "eats", "has eaten", "puts back fork", "leaves"};

DurationStats stats_of(const DurationHistogram& durations) {
  return {durations.min(), durations.percentile(0.5), durations.percentile(0.99), durations.max()};
}

}  // namespace

TableWatch::TableWatch(int philosophers, bool keep_timeline, std::function<void()> on_violation)
    : seats_(static_cast<std::size_t>(philosophers)),
      forks_(static_cast<std::size_t>(philosophers)),
      keep_timeline_(keep_timeline),
      on_violation_(std::move(on_violation)) {}

TableWatch::Clock::duration TableWatch::record(int i, Event event, int fork) {
  const auto at = since_start();
  Seat& s = seat(i);
  const std::uint32_t n = s.events.load(std::memory_order_relaxed);
  const auto ns = static_cast<std::uint64_t>(at.count());
  s.history[n % kHistory].store(ns << 20U | static_cast<std::uint64_t>(fork) << 4U | static_cast<std::uint64_t>(event),
                                std::memory_order_relaxed);
  s.events.store(n + 1, std::memory_order_relaxed);
  return at;
}

void TableWatch::begin(int i, Activity activity, Clock::duration at) {
  Seat& s = seat(i);
  s.activity.store(activity, std::memory_order_relaxed);
  if (keep_timeline_ && i < kMaxTimelineSeats && s.timeline.size() < kMaxTimelineEntries)
    s.timeline.push_back({at, activity});
}

void TableWatch::thinks(int i) { begin(i, Activity::thinking, record(i, Event::thinks)); }

void TableWatch::asks(int i) {
  Seat& s = seat(i);
  const auto at = record(i, Event::asks);
  // After a denial, the wait counts from the first request.
  if (!s.waiting) s.asked = at;
  s.waiting = true;
  begin(i, Activity::waiting, at);
}

void TableWatch::denied(int i) {
  ++seat(i).denied;
  record(i, Event::denied);
}

void TableWatch::takes(int i, int fork) {
  record(i, Event::takes, fork);
  const int other = forks_[static_cast<std::size_t>(fork)].holder.exchange(i);
  if (other != -1)
    report_violation(fmt::format("fork {} has two holders: {} took it while {} had it", fork, i, other), {i, other});
}

void TableWatch::puts(int i, int fork) {
  record(i, Event::puts, fork);
  const int other = forks_[static_cast<std::size_t>(fork)].holder.exchange(-1);
  if (other != i) report_violation(fmt::format("{} puts back fork {}, which {} holds", i, fork, other), {i});
}

void TableWatch::eats(int i) {
  Seat& s = seat(i);
  const auto at = record(i, Event::eats);
  // Sequentially consistent: if two neighbours begin at once, at least one of them sees the other.
  s.eating.store(true);
  const int n = philosophers();
  for (const int neighbour : {(i + n - 1) % n, (i + 1) % n}) {
    if (seat(neighbour).eating.load()) {
      report_violation(fmt::format("neighbours {} and {} eat at the same time", i, neighbour), {i, neighbour});
    }
  }
  for (const int fork : {left_fork(i), right_fork(i)}) {
    if (holder(fork) != i) report_violation(fmt::format("{} eats without fork {}", i, fork), {i});
  }
  if (s.waiting) s.waited.add(at - s.asked);
  s.waiting = false;
  s.meals.fetch_add(1, std::memory_order_relaxed);
  begin(i, Activity::eating, at);
}

void TableWatch::stops_eating(int i) {
  record(i, Event::stops_eating);
  seat(i).eating.store(false);
}

void TableWatch::leaves(int i, bool lost) {
  Seat& s = seat(i);
  const auto at = record(i, Event::leaves);
  s.eating.store(false);
  for (const int fork : {left_fork(i), right_fork(i)}) {
    int mine = i;
    forks_[static_cast<std::size_t>(fork)].holder.compare_exchange_strong(mine, -1);
  }
  s.lost = lost;
  begin(i, Activity::gone, at);
}

std::vector<SeatView> TableWatch::view() const {
  std::vector<SeatView> all;
  all.reserve(seats_.size());
  for (const Seat& s : seats_) {
    all.push_back({s.activity.load(std::memory_order_relaxed), s.meals.load(std::memory_order_relaxed)});
  }
  return all;
}

std::string TableWatch::history_of(int i) const {
  const Seat& s = seat(i);
  std::string text;
  const std::uint32_t n = s.events.load(std::memory_order_relaxed);
  for (std::size_t k = n < kHistory ? 0 : n - kHistory; k < n; ++k) {
    const std::uint64_t packed = s.history[k % kHistory].load(std::memory_order_relaxed);
    const auto event = static_cast<Event>(packed & 0xFU);
    const double seconds = static_cast<double>(packed >> 20U) / 1e9;
    text += fmt::format("  {:>12.6f} s  {} {}", seconds, i, kEventNames[static_cast<std::size_t>(event)]);
    if (event == Event::takes || event == Event::puts) text += fmt::format(" {}", packed >> 4U & 0xFFFFU);
    text += '\n';
  }
  return text;
}

void TableWatch::report_violation(std::string what, std::initializer_list<int> involved) {
  if (violated_.exchange(true)) return;  // only the first is meaningful
  what += '\n';
  for (const int i : involved) {
    if (i >= 0) what += history_of(i);
  }
  {
    const std::scoped_lock lock(mutex_);
    violation_ = std::move(what);
  }
  on_violation_();
}

void TableWatch::report(DineReport& into) const {
  {
    const std::scoped_lock lock(mutex_);
    into.violation = violation_;
  }
  DurationHistogram all;
  double sum = 0, squares = 0;
  for (int i = 0; i < philosophers(); ++i) {
    const Seat& s = seat(i);
    if (s.events.load() == 0) continue;  // never taken
    SeatReport one;
    one.number = i;
    one.meals = s.meals.load();
    one.denied = s.denied;
    one.lost = s.lost;
    one.timeline = s.timeline;
    if (s.waited.count() > 0) one.waited = stats_of(s.waited);
    all.add(s.waited);
    into.meals += one.meals;
    const auto meals = static_cast<double>(one.meals);
    sum += meals;
    squares += meals * meals;
    into.seats.push_back(std::move(one));
  }
  if (all.count() > 0) into.waited = stats_of(all);
  into.fairness = squares > 0 ? sum * sum / (static_cast<double>(into.seats.size()) * squares) : 1;
}

}  // namespace ece465::labs
