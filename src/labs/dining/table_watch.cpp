#include "table_watch.hpp"

#include <algorithm>

namespace ece465::labs {
namespace {

/// Moments kept for one philosopher: an hour at the notes' pace.
constexpr std::size_t kMostMoments = 8192;

constexpr std::array<std::string_view, 9> kDeeds{"",     "thinks",    "asks",           "is denied", "takes fork",
                                                 "eats", "has eaten", "puts back fork", "leaves"};

DurationStats spread_of(const TimeCounts& counts) {
  return {counts.least(), counts.percentile(0.5), counts.percentile(0.99), counts.most()};
}

}  // namespace

TableWatch::TableWatch(int philosophers, bool keep_timeline, std::function<void()> breached)
    : seats_(static_cast<std::size_t>(philosophers)),
      forks_(static_cast<std::size_t>(philosophers)),
      keep_timeline_(keep_timeline),
      on_breach_(std::move(breached)) {}

TableWatch::Clock::duration TableWatch::note(int i, Deed deed, int fork) {
  const auto at = since_start();
  Seat& s = seat(i);
  const std::uint32_t n = s.deeds.load(std::memory_order_relaxed);
  const auto ns = static_cast<std::uint64_t>(at.count());
  s.history[n % kHistory].store(ns << 20U | static_cast<std::uint64_t>(fork) << 4U | static_cast<std::uint64_t>(deed),
                                std::memory_order_relaxed);
  s.deeds.store(n + 1, std::memory_order_relaxed);
  return at;
}

void TableWatch::turn_to(int i, Doing doing, Clock::duration at) {
  Seat& s = seat(i);
  s.doing.store(doing, std::memory_order_relaxed);
  if (keep_timeline_ && i < kTimelineSeats && s.timeline.size() < kMostMoments) s.timeline.push_back({at, doing});
}

void TableWatch::thinks(int i) { turn_to(i, Doing::thinking, note(i, Deed::thinks)); }

void TableWatch::asks(int i) {
  Seat& s = seat(i);
  const auto at = note(i, Deed::asks);
  // Who was denied and asks again has waited since the first time.
  if (!s.waiting) s.asked = at;
  s.waiting = true;
  turn_to(i, Doing::waiting, at);
}

void TableWatch::denied(int i) {
  ++seat(i).denied;
  note(i, Deed::denied);
}

void TableWatch::takes(int i, int fork) {
  note(i, Deed::takes, fork);
  const int other = forks_[static_cast<std::size_t>(fork)].holder.exchange(i);
  if (other != -1)
    breach(fmt::format("fork {} is in two hands: {} took it while {} had it", fork, i, other), {i, other});
}

void TableWatch::puts(int i, int fork) {
  note(i, Deed::puts, fork);
  const int other = forks_[static_cast<std::size_t>(fork)].holder.exchange(-1);
  if (other != i) breach(fmt::format("{} puts fork {} back, which {} has", i, fork, other), {i});
}

void TableWatch::eats(int i) {
  Seat& s = seat(i);
  const auto at = note(i, Deed::eats);
  // Sequentially consistent: of two neighbours who begin at once, one at least sees the other.
  s.eating.store(true);
  const int n = philosophers();
  for (const int neighbour : {(i + n - 1) % n, (i + 1) % n}) {
    if (seat(neighbour).eating.load()) {
      breach(fmt::format("the neighbours {} and {} eat at the same time", i, neighbour), {i, neighbour});
    }
  }
  for (const int fork : {left_fork(i), right_fork(i)}) {
    if (holder(fork) != i) breach(fmt::format("{} eats without fork {}", i, fork), {i});
  }
  if (s.waiting) s.waited.add(at - s.asked);
  s.waiting = false;
  s.meals.fetch_add(1, std::memory_order_relaxed);
  turn_to(i, Doing::eating, at);
}

void TableWatch::stops_eating(int i) {
  note(i, Deed::stops_eating);
  seat(i).eating.store(false);
}

void TableWatch::leaves(int i, bool lost) {
  Seat& s = seat(i);
  const auto at = note(i, Deed::leaves);
  s.eating.store(false);
  for (const int fork : {left_fork(i), right_fork(i)}) {
    int mine = i;
    forks_[static_cast<std::size_t>(fork)].holder.compare_exchange_strong(mine, -1);
  }
  s.lost = lost;
  turn_to(i, Doing::gone, at);
}

std::vector<SeatView> TableWatch::view() const {
  std::vector<SeatView> all;
  all.reserve(seats_.size());
  for (const Seat& s : seats_) {
    all.push_back({s.doing.load(std::memory_order_relaxed), s.meals.load(std::memory_order_relaxed)});
  }
  return all;
}

std::string TableWatch::history_of(int i) const {
  const Seat& s = seat(i);
  std::string text;
  const std::uint32_t n = s.deeds.load(std::memory_order_relaxed);
  for (std::size_t k = n < kHistory ? 0 : n - kHistory; k < n; ++k) {
    const std::uint64_t packed = s.history[k % kHistory].load(std::memory_order_relaxed);
    const auto deed = static_cast<Deed>(packed & 0xFU);
    const double seconds = static_cast<double>(packed >> 20U) / 1e9;
    text += fmt::format("  {:>12.6f} s  {} {}", seconds, i, kDeeds[static_cast<std::size_t>(deed)]);
    if (deed == Deed::takes || deed == Deed::puts) text += fmt::format(" {}", packed >> 4U & 0xFFFFU);
    text += '\n';
  }
  return text;
}

void TableWatch::breach(std::string what, std::initializer_list<int> concerned) {
  if (breached_.exchange(true)) return;  // what follows a breach says nothing
  what += '\n';
  for (const int i : concerned) {
    if (i >= 0) what += history_of(i);
  }
  {
    const std::scoped_lock lock(mutex_);
    breach_ = std::move(what);
  }
  on_breach_();
}

void TableWatch::report(DineReport& into) const {
  {
    const std::scoped_lock lock(mutex_);
    into.breach = breach_;
  }
  TimeCounts all;
  double sum = 0, squares = 0;
  for (int i = 0; i < philosophers(); ++i) {
    const Seat& s = seat(i);
    if (s.deeds.load() == 0) continue;  // nobody sat there
    SeatReport one;
    one.number = i;
    one.meals = s.meals.load();
    one.denied = s.denied;
    one.lost = s.lost;
    one.timeline = s.timeline;
    if (s.waited.count() > 0) one.waited = spread_of(s.waited);
    all.add(s.waited);
    into.meals += one.meals;
    const auto meals = static_cast<double>(one.meals);
    sum += meals;
    squares += meals * meals;
    into.seats.push_back(std::move(one));
  }
  if (all.count() > 0) into.waited = spread_of(all);
  into.fairness = squares > 0 ? sum * sum / (static_cast<double>(into.seats.size()) * squares) : 1;
}

}  // namespace ece465::labs
