#include <algorithm>
#include <utility>

#include "state.hpp"

/// Snapshots for monitoring.

namespace ece465::mapreduce {

std::vector<WorkerView> Scheduler::workers() const { return state_->view_workers(); }
std::optional<WorkerView> Scheduler::worker(WorkerId id) const { return state_->view_worker(id); }
std::optional<JobView> Scheduler::job(JobId id) const { return state_->view_job(id); }
std::vector<StripView> Scheduler::strips(JobId id) const { return state_->view_strips(id); }
Totals Scheduler::totals() const { return state_->totals(); }
Result<void> Scheduler::check_invariants() const { return state_->check_invariants(); }

WorkerView Scheduler::State::view(WorkerId id, const Worker& worker) const {
  WorkerState state = worker.proven ? WorkerState::active : WorkerState::probation;
  if (worker.late > 0) state = WorkerState::late;
  if (worker.quarantined) state = WorkerState::quarantined;
  if (worker.leaving) state = WorkerState::leaving;
  return {.id = id,
          .state = state,
          .tasks_in_flight = worker.attempts.size(),
          .bytes_in_flight = worker.bytes_in_flight,
          .strips_kept = worker.kept.size(),
          .bytes_kept = worker.bytes_kept,
          .bytes_per_second = worker.throughput.bytes_per_second(),
          .invalid_results = worker.invalid_results,
          .failures = worker.failures,
          .strips_merged = worker.merged.strips,
          .bytes_merged = worker.merged.bytes};
}

std::vector<WorkerView> Scheduler::State::view_workers() const {
  std::vector<WorkerView> views;
  views.reserve(workers_.size());
  for (const auto& [id, worker] : workers_) views.push_back(view(id, worker));
  std::ranges::sort(views, {}, &WorkerView::id);
  return views;
}

std::optional<WorkerView> Scheduler::State::view_worker(WorkerId id) const {
  const auto at = workers_.find(id);
  return at == workers_.end() ? std::nullopt : std::optional(view(id, at->second));
}

std::optional<JobView> Scheduler::State::view_job(JobId id) const {
  const auto at = jobs_.find(id);
  if (at == jobs_.end()) return std::nullopt;
  const Job& job = at->second;
  const auto count = [&job](StripState state) { return job.count[std::to_underlying(state)]; };
  return JobView{
      .id = id,
      .stage = job.stage,
      .strips = static_cast<std::uint32_t>(job.strips.size()),
      .ready = job.ready,
      .waiting = count(StripState::waiting) + count(StripState::kept) + count(StripState::last_resort),
      .running = count(StripState::running),
      .done = count(StripState::done),
      .report = job.report,
  };
}

std::vector<StripView> Scheduler::State::view_strips(JobId id) const {
  std::vector<StripView> views;
  const auto at = jobs_.find(id);
  if (at == jobs_.end()) return views;
  views.reserve(at->second.strips.size());
  for (const Strip& strip : at->second.strips) {
    StripView view{
        .state = strip.state, .failed_attempts = strip.failed_attempts, .workers = {}, .keeper = strip.keeper};
    for (const AttemptId attempt : strip.attempts) view.workers.push_back(attempts_.at(attempt).worker);
    views.push_back(std::move(view));
  }
  return views;
}

Totals Scheduler::State::totals() const {
  Totals totals{.workers = workers_.size() - 1,
                .jobs = jobs_.size(),
                .attempts = attempts_.size(),
                .local_attempts = workers_.at(kMaster).attempts.size(),
                .bytes_in_flight = bytes_in_flight_};
  for (const auto& [id, worker] : workers_) totals.bytes_kept += worker.bytes_kept;
  return totals;
}

}  // namespace ece465::mapreduce
