#include "jobs/page_run.hpp"

/// What is told of a page: to its timeline, its job's status, and whoever asks how it is.

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
using mapreduce::Outcome;
using mapreduce::Phase;

void PageRun::handed_out(AttemptId attempt, std::uint32_t strip, mapreduce::WorkerId to, bool kept) {
  context_.timeline->sent(attempt, strip, context_.coordinator->name_of(to), kept);
}

void PageRun::missed(AttemptId attempt, Outcome outcome) {
  Timeline::Why why = Timeline::Why::failed;
  if (outcome == Outcome::lie) why = Timeline::Why::lie;
  if (outcome == Outcome::not_kept) why = Timeline::Why::not_kept;
  context_.timeline->missed(attempt, why);
}

/// What the master did on its own, outside of the scheduler.
void PageRun::tell_group_done(std::size_t group, bool written) {
  const std::size_t planes = strips_->planes();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto strip = static_cast<std::uint32_t>(group * planes + plane);
    context_.timeline->done(strip, context_.coordinator->name_of(kMaster));
    if (written) context_.timeline->written(strip);
  }
}

void PageRun::moved(Phase phase, std::uint64_t sent, std::uint64_t received) {
  if (status_ == nullptr) return;
  (phase == Phase::map ? status_->map_sent : status_->apply_sent) += sent;
  (phase == Phase::map ? status_->map_received : status_->apply_received) += received;
  status_->bytes_sent += sent;
  status_->bytes_received += received;
}

// --- For people ---

JobStrips PageRun::strips_now() const {
  JobStrips now;
  now.phase = phase_;
  if (status_ != nullptr) now.page = status_->page;
  const auto views = context_.coordinator->scheduler().strips(job_);
  const auto& strips = strips_->strips();
  now.strips.resize(strips.size());
  for (std::size_t i = 0; i < strips.size(); ++i) {
    auto& strip = now.strips[i];
    strip.plane = strips[i].plane;
    strip.first_row = strips[i].first_row;
    strip.rows = strips[i].rows;
    if (progress_[i].accepted) strip.by = context_.coordinator->name_of(progress_[i].by);
    if (i < views.size()) {
      strip.state = views[i].state;
      strip.misses = views[i].misses;
      for (const auto worker : views[i].workers) strip.workers.push_back(context_.coordinator->name_of(worker));
    } else {
      strip.state = progress_[i].accepted ? mapreduce::StripState::done : mapreduce::StripState::waiting;
    }
  }
  return now;
}

PageLevels PageRun::levels() const {
  PageLevels levels;
  levels.before = strips_->before();
  levels.tables = strips_->tables();
  const bool deep = levels.before.empty() ? strips_->bits() == 16 : levels.before.front().max_level() > 255;
  levels.bits = deep ? 16 : 8;
  return levels;
}

}  // namespace ece465::cluster
