#include <algorithm>
#include <utility>

#include "state.hpp"

/// Phases and queues. A strip waits in exactly one place: at the worker that keeps it, in its job's queue, or, after
/// too many failed attempts, for the master.

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
  update_largest_strip();
}

void Scheduler::State::enqueue(TaskId task) {
  Job& job = jobs_.at(task.job);
  Strip& strip = job.strips[task.strip];
  if (job.count_in(StripState::waiting) + job.count_in(StripState::kept) == 0) {
    // A job does not accumulate credit while it has nothing to assign: it starts level with the others.
    job.charged = std::max(job.charged, min_charged().value_or(virtual_time_));
  }
  if (strip.failed_attempts >= options_.max_failed_attempts) {
    last_resort_.insert(task);
    set_state(job, strip, StripState::last_resort);
  } else if (strip.keeper) {
    Worker& keeper = workers_.at(*strip.keeper);
    keeper.kept_waiting[task.job].insert(task.strip);
    keeper.bytes_waiting += strip.bytes;
    set_state(job, strip, StripState::kept);
    update_rankings(*strip.keeper);
  } else {
    job.queue.insert(task.strip);
    set_state(job, strip, StripState::waiting);
    update_runnable(task.job);
  }
}

void Scheduler::State::dequeue(TaskId task) {
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
      update_runnable(task.job);
    }
    update_rankings(*strip.keeper);
  } else if (strip.state == StripState::waiting) {
    job.queue.erase(task.strip);
    update_runnable(task.job);
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
  if (!job.open && job.count_in(StripState::done) == job.strips.size()) end_phase(id);
}

void Scheduler::State::end_job(JobId id, JobOutcome outcome) {
  Job& job = jobs_.at(id);
  for (std::uint32_t i = 0; i < job.strips.size(); ++i) {
    Strip& strip = job.strips[i];
    dequeue({id, i});
    for (const AttemptId attempt : std::exchange(strip.attempts, {})) drop(attempt);
    if (strip.keeper) forget_kept({id, i}, true);
  }
  actions_.emplace_back(JobDone{id, outcome, std::move(job.report)});
  jobs_.erase(id);
  update_largest_strip();
}

void Scheduler::State::update_runnable(JobId id) {
  const Job& job = jobs_.at(id);
  auto& runnable = queue_of(job).runnable;
  if (job.queue.empty() && job.keepers.empty()) {
    runnable.remove(id);
  } else {
    runnable.put(id, job.charged);
  }
}

void Scheduler::State::update_largest_strip() {
  std::uint64_t largest = 0;
  for (const auto& [id, job] : jobs_) largest = std::max(largest, job.largest_strip);
  if (std::exchange(largest_strip_, largest) == largest) return;
  for (const auto& [id, worker] : workers_) update_rankings(id);
}

std::optional<std::uint64_t> Scheduler::State::min_charged() const {
  std::optional<std::uint64_t> min;
  for (const auto& [needs, queue] : queues_) {
    const auto first = queue.runnable.first();
    if (first && (!min || first->rank < *min)) min = first->rank;
  }
  return min;
}

}  // namespace ece465::mapreduce
