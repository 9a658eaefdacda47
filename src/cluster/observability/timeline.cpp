#include "observability/timeline.hpp"

#include <algorithm>

#include "ece465/base/seconds.hpp"

namespace ece465::cluster {

Timeline::Timeline(std::vector<Strip> strips, const TimelineLimits& limits)
    : strips_(std::move(strips)), strips_total_(strips_.size()), max_entries_(limits.entries) {
  if (strips_total_ <= limits.strips) return;
  strips_.resize(limits.strips);
  strips_.shrink_to_fit();
  cut_ = true;
}

void Timeline::phase(JobPhase phase) {
  phase_ = phase;
  add({.kind = Kind::phase});
}

void Timeline::ready(std::uint32_t strips) {
  add({.kind = Kind::ready, .strip = static_cast<std::uint32_t>(std::min<std::size_t>(strips, strips_.size()))});
}

void Timeline::sent(mapreduce::AttemptId attempt, std::uint32_t strip, std::string_view worker, bool kept) {
  if (!records(strip)) return;
  const std::uint16_t index = index_of(worker);
  open_[strip].push_back({attempt, index});
  add({.kind = Kind::sent, .kept = kept, .worker = index, .strip = strip});
}

void Timeline::done(std::uint32_t strip, std::string_view worker) {
  if (!records(strip)) return;
  // Other attempts at this strip no longer matter.
  open_.erase(strip);
  add({.kind = Kind::done, .worker = index_of(worker), .strip = strip});
}

void Timeline::missed(mapreduce::AttemptId attempt, Reason reason) {
  // Rare, so a linear search is good enough.
  for (auto& [strip, attempts] : open_) {
    const auto at = std::ranges::find(attempts, attempt, &Open::attempt);
    if (at == attempts.end()) continue;
    add({.kind = Kind::missed, .reason = reason, .worker = at->worker, .strip = strip});
    attempts.erase(at);
    return;
  }
}

void Timeline::written(std::uint32_t strip) {
  if (records(strip)) add({.kind = Kind::written, .strip = strip});
}

void Timeline::gone(std::string_view worker) {
  const auto at = std::ranges::find(workers_, worker);
  if (at == workers_.end()) return;
  const auto index = static_cast<std::uint16_t>(at - workers_.begin());
  add({.kind = Kind::gone, .worker = index});
  std::vector<std::uint32_t> strips;
  for (auto& [strip, attempts] : open_) {
    const std::size_t lost = std::erase_if(attempts, [index](const Open& open) { return open.worker == index; });
    strips.insert(strips.end(), lost, strip);
  }
  std::ranges::sort(strips);
  for (const std::uint32_t strip : strips)
    add({.kind = Kind::missed, .reason = Reason::lost, .worker = index, .strip = strip});
}

void Timeline::end() {
  if (!ended()) ended_ = seconds();
}

double Timeline::seconds() const { return ended() ? ended_ : ece465::seconds(Clock::now() - began_); }

void Timeline::add(Entry entry) {
  if (ended()) return;
  if (entries_.size() == max_entries_) {
    cut_ = true;
    return;
  }
  entry.seconds = static_cast<float>(seconds());
  entry.phase = phase_;
  entries_.push_back(entry);
}

std::uint16_t Timeline::index_of(std::string_view worker) {
  // The list is short: tens of workers. Workers beyond what an entry can index share the last index.
  constexpr std::size_t kMaxWorkers = 0xFFFF;
  const auto at = std::ranges::find(workers_, worker);
  if (at != workers_.end()) return static_cast<std::uint16_t>(at - workers_.begin());
  if (workers_.size() < kMaxWorkers) workers_.emplace_back(worker);
  return static_cast<std::uint16_t>(workers_.size() - 1);
}

std::shared_ptr<Timeline> JobTimeline::begin_page(std::size_t page, std::vector<Timeline::Strip> strips) {
  auto timeline = std::make_shared<Timeline>(std::move(strips), limits_);
  if (page < limits_.pages) {
    pages_.resize(std::max(pages_.size(), page + 1));
    pages_[page] = timeline;
  }
  return timeline;
}

std::shared_ptr<const Timeline> JobTimeline::page(std::size_t page) const {
  return page < pages_.size() ? pages_[page] : nullptr;
}

std::string_view event_name(Timeline::Kind kind) {
  switch (kind) {
    case Timeline::Kind::phase: return "phase";
    case Timeline::Kind::ready: return "ready";
    case Timeline::Kind::sent: return "sent";
    case Timeline::Kind::done: return "done";
    case Timeline::Kind::missed: return "missed";
    case Timeline::Kind::written: return "written";
    case Timeline::Kind::gone: return "gone";
  }
  return "?";
}

std::string_view failure_reason_name(Timeline::Reason reason) {
  switch (reason) {
    case Timeline::Reason::none: return "";
    case Timeline::Reason::lost: return "lost";
    case Timeline::Reason::invalid_result: return "lie";
    case Timeline::Reason::failed: return "failed";
    case Timeline::Reason::not_kept: return "not_kept";
  }
  return "?";
}

}  // namespace ece465::cluster
