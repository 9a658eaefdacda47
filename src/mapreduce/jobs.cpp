#include <algorithm>
#include <utility>

#include "state.hpp"

/// Phases and queues. A strip that has to be done waits in exactly one place: with the worker that keeps it, in its
/// job's queue, or, when too many attempts came to nothing, for the master.

namespace ece465::mapreduce {

void Scheduler::State::set_state(Job& job, Strip& strip, StripState state) {
  --job.count[std::to_underlying(strip.state)];
  job.bytes[std::to_underlying(strip.state)] -= strip.bytes;
  strip.state = state;
  ++job.count[std::to_underlying(strip.state)];
  job.bytes[std::to_underlying(strip.state)] += strip.bytes;
}

void Scheduler::State::add_strips(Job& job, const std::vector<std::uint64_t>& bytes) {
  for (const std::uint64_t size : bytes) {
    job.strips.emplace_back().bytes = size;
    job.largest_strip = std::max(job.largest_strip, size);
    job.bytes[std::to_underlying(StripState::unread)] += size;
  }
  job.count[std::to_underlying(StripState::unread)] += static_cast<std::uint32_t>(bytes.size());
  refresh_room();
}

void Scheduler::State::wait(TaskId task) {
  Job& job = jobs_.at(task.job);
  Strip& strip = job.strips[task.strip];
  if (job.count[std::to_underlying(StripState::waiting)] + job.count[std::to_underlying(StripState::kept)] == 0) {
    // A job that had nothing to hand out has saved nothing up: it lines up with those that waited meanwhile.
    job.charged = std::max(job.charged, least_charged().value_or(fair_clock_));
  }
  if (strip.misses >= options_.max_misses) {
    last_resort_.insert(task);
    set_state(job, strip, StripState::last_resort);
  } else if (strip.keeper) {
    Worker& keeper = workers_.at(*strip.keeper);
    keeper.kept_waiting[task.job].insert(task.strip);
    keeper.bytes_waiting += strip.bytes;
    set_state(job, strip, StripState::kept);
    refresh(*strip.keeper);
  } else {
    job.queue.insert(task.strip);
    set_state(job, strip, StripState::waiting);
    refresh_hunger(task.job);
  }
}

void Scheduler::State::unwait(TaskId task) {
  Job& job = jobs_.at(task.job);
  Strip& strip = job.strips[task.strip];
  if (strip.state == StripState::last_resort) {
    last_resort_.erase(task);
  } else if (strip.state == StripState::kept) {
    Worker& keeper = workers_.at(*strip.keeper);
    keeper.bytes_waiting -= strip.bytes;
    const auto strips = keeper.kept_waiting.find(task.job);
    strips->second.erase(task.strip);
    if (strips->second.empty()) {
      keeper.kept_waiting.erase(strips);
      job.keepers.erase(*strip.keeper);
      refresh_hunger(task.job);
    }
    refresh(*strip.keeper);
  } else if (strip.state == StripState::waiting) {
    job.queue.erase(task.strip);
    refresh_hunger(task.job);
  }
}

void Scheduler::State::end_phase(JobId id) {
  Job& job = jobs_.at(id);
  actions_.emplace_back(PhaseDone{id, job.stage == Stage::apply ? Phase::apply : Phase::map});
  if (job.stage == Stage::map && job.has_apply) {
    job.stage = Stage::reduce;
  } else {
    end_job(id, JobOutcome::finished);
  }
}

void Scheduler::State::end_phase_if_done(JobId id) {
  const Job& job = jobs_.at(id);
  if (!job.open && job.count[std::to_underlying(StripState::done)] == job.strips.size()) end_phase(id);
}

void Scheduler::State::end_job(JobId id, JobOutcome outcome) {
  Job& job = jobs_.at(id);
  for (std::uint32_t i = 0; i < job.strips.size(); ++i) {
    Strip& strip = job.strips[i];
    unwait({id, i});
    for (const AttemptId attempt : std::exchange(strip.attempts, {})) drop(attempt);
    if (strip.keeper) unkeep({id, i}, true);
  }
  actions_.emplace_back(JobDone{id, outcome, std::move(job.report)});
  jobs_.erase(id);
  refresh_room();
}

void Scheduler::State::refresh_hunger(JobId id) {
  const Job& job = jobs_.at(id);
  auto& hungry = trade_of(job).hungry;
  if (job.queue.empty() && job.keepers.empty()) {
    hungry.remove(id);
  } else {
    hungry.put(id, job.charged);
  }
}

void Scheduler::State::refresh_room() {
  std::uint64_t largest = 0;
  for (const auto& [id, job] : jobs_) largest = std::max(largest, job.largest_strip);
  if (std::exchange(room_needed_, largest) == largest) return;
  for (const auto& [id, worker] : workers_) refresh(id);
}

std::optional<std::uint64_t> Scheduler::State::least_charged() const {
  std::optional<std::uint64_t> least;
  for (const auto& [needs, trade] : trades_) {
    const auto first = trade.hungry.first();
    if (first && (!least || first->rank < *least)) least = first->rank;
  }
  return least;
}

}  // namespace ece465::mapreduce
