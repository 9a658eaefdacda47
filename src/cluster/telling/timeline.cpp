#include "telling/timeline.hpp"

#include <algorithm>

namespace ece465::cluster {

void Timeline::phase(JobPhase phase) {
  phase_ = phase;
  add({.what = What::phase});
}

void Timeline::ready(std::uint32_t strips) { add({.what = What::ready, .strip = strips}); }

void Timeline::sent(mapreduce::AttemptId attempt, std::uint32_t strip, std::string_view worker, bool kept) {
  const std::uint16_t index = index_of(worker);
  open_.insert_or_assign(attempt, Open{strip, index});
  add({.what = What::sent, .kept = kept, .worker = index, .strip = strip});
}

void Timeline::done(std::uint32_t strip, std::string_view worker) {
  // Other attempts at the strip are of no further interest, whatever becomes of them.
  std::erase_if(open_, [strip](const auto& attempt) { return attempt.second.strip == strip; });
  add({.what = What::done, .worker = index_of(worker), .strip = strip});
}

void Timeline::missed(mapreduce::AttemptId attempt, Why why) {
  const auto at = open_.find(attempt);
  if (at == open_.end()) return;
  add({.what = What::missed, .why = why, .worker = at->second.worker, .strip = at->second.strip});
  open_.erase(at);
}

void Timeline::written(std::uint32_t strip) { add({.what = What::written, .strip = strip}); }

void Timeline::gone(std::string_view worker) {
  const auto at = std::ranges::find(workers_, worker);
  if (at == workers_.end()) return;
  const auto index = static_cast<std::uint16_t>(at - workers_.begin());
  add({.what = What::gone, .worker = index});
  std::vector<std::uint32_t> strips;
  for (const auto& [attempt, open] : open_) {
    if (open.worker == index) strips.push_back(open.strip);
  }
  std::ranges::sort(strips);
  for (const std::uint32_t strip : strips)
    add({.what = What::missed, .why = Why::lost, .worker = index, .strip = strip});
  std::erase_if(open_, [index](const auto& attempt) { return attempt.second.worker == index; });
}

void Timeline::end() {
  if (!ended()) ended_ = seconds();
}

double Timeline::seconds() const {
  return ended() ? ended_ : std::chrono::duration<double>(Clock::now() - began_).count();
}

void Timeline::add(Entry entry) {
  if (ended()) return;
  if (entries_.size() == kMaxEntries) {
    cut_ = true;
    return;
  }
  entry.seconds = static_cast<float>(seconds());
  entry.phase = phase_;
  entries_.push_back(entry);
}

std::uint16_t Timeline::index_of(std::string_view worker) {
  // A page sees tens of workers; the list is short. Beyond what an entry can name, all are the last.
  constexpr std::size_t kMost = 0xFFFF;
  const auto at = std::ranges::find(workers_, worker);
  if (at != workers_.end()) return static_cast<std::uint16_t>(at - workers_.begin());
  if (workers_.size() < kMost) workers_.emplace_back(worker);
  return static_cast<std::uint16_t>(workers_.size() - 1);
}

std::shared_ptr<Timeline> JobTimeline::begin_page(std::size_t page, std::vector<Timeline::Strip> strips) {
  auto timeline = std::make_shared<Timeline>(std::move(strips));
  if (page < kMaxPages) {
    pages_.resize(std::max(pages_.size(), page + 1));
    pages_[page] = timeline;
  }
  return timeline;
}

std::shared_ptr<const Timeline> JobTimeline::page(std::size_t page) const {
  return page < pages_.size() ? pages_[page] : nullptr;
}

std::string_view what_name(Timeline::What what) {
  switch (what) {
    case Timeline::What::phase: return "phase";
    case Timeline::What::ready: return "ready";
    case Timeline::What::sent: return "sent";
    case Timeline::What::done: return "done";
    case Timeline::What::missed: return "missed";
    case Timeline::What::written: return "written";
    case Timeline::What::gone: return "gone";
  }
  return "?";
}

std::string_view why_name(Timeline::Why why) {
  switch (why) {
    case Timeline::Why::none: return "";
    case Timeline::Why::lost: return "lost";
    case Timeline::Why::lie: return "lie";
    case Timeline::Why::failed: return "failed";
    case Timeline::Why::not_kept: return "not_kept";
  }
  return "?";
}

}  // namespace ece465::cluster
