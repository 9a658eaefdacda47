#include <algorithm>
#include <utility>

#include "state.hpp"

/// The scheduler's entry point: what each event does. Start reading here.

namespace ece465::mapreduce {

std::vector<Action> Scheduler::step(const Event& event, Time now) {
  State& state = *state_;
  state.begin(now);
  // The event comes before the timers, so that an answer that arrives together with its deadline is in time.
  std::visit([&state](const auto& what) { state.on(what); }, event);
  state.run_timers();
  state.assign_work();
  return state.finish();
}

Scheduler::Scheduler(const SchedulerOptions& options) : state_(std::make_unique<State>(options)) {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

Scheduler::State::State(const SchedulerOptions& options) : options_(options) {
  Worker& master = workers_[kMaster];
  master.spec = {.credit_bytes = UINT64_MAX, .max_tasks = std::max(options.local_slots, 1U)};
  master.proven = true;
}

void Scheduler::State::begin(Time now) {
  now_ = std::max(now_, now);
  if (timer_ && *timer_ <= now_) timer_.reset();
}

std::vector<Action> Scheduler::State::finish() {
  const auto next = next_timer();
  if (next && (!timer_ || *next < *timer_)) {  // an early timer does no harm, so it is rarely moved
    timer_ = next;
    actions_.emplace_back(SetTimer{*next});
  }
  return std::exchange(actions_, {});
}

// --- Workers ---

void Scheduler::State::on(const WorkerJoined& event) {
  if (event.worker == kMaster || workers_.contains(event.worker)) return;
  Worker& worker = workers_[event.worker];
  worker.spec = event.spec;
  worker.spec.credit_bytes = std::clamp<std::uint64_t>(event.spec.credit_bytes, 1, options_.max_worker_credit_bytes);
  // Without Drop a kept strip could never be freed.
  worker.spec.keep_bytes =
      event.spec.supports_drop ? std::min(event.spec.keep_bytes, options_.max_worker_keep_bytes) : 0;
  worker.spec.max_tasks = std::max(event.spec.max_tasks, 1U);
  if (worker.spec.heartbeat) heartbeats_.put(event.worker, now_ + options_.heartbeat);
  update_rankings(event.worker);
}

void Scheduler::State::on(const WorkerLeaving& event) {
  const auto at = workers_.find(event.worker);
  if (event.worker == kMaster || at == workers_.end()) return;
  heard_from(event.worker);
  at->second.leaving = true;
  discard_kept(event.worker, false);
  update_rankings(event.worker);
  if (at->second.attempts.empty()) close(event.worker, CloseReason::left);
}

void Scheduler::State::on(const WorkerLost& event) {
  if (event.worker != kMaster && workers_.contains(event.worker)) remove_worker(event.worker);
}

void Scheduler::State::on(const WorkerHeard& event) {
  if (workers_.contains(event.worker)) heard_from(event.worker);
}

// --- Answers ---

void Scheduler::State::on(const Answered& event) {
  const auto open = attempts_.find(event.attempt);
  // A duplicate, an unrequested answer, or an answer to another worker's request.
  if (open == attempts_.end() || open->second.worker != event.worker) return;

  heard_from(event.worker);
  const Attempt attempt = end_attempt(event.attempt);
  // Then the master will never ask for the strip that the worker has kept.
  const bool useless = !attempt.wanted || event.outcome != Outcome::good;
  if (attempt.keep && useless) actions_.emplace_back(Drop{event.worker, event.attempt});
  if (event.outcome == Outcome::good) {
    record_success(attempt);
    if (attempt.wanted) accept(event.attempt, attempt);
  } else {
    if (attempt.wanted && event.worker == kMaster) return end_job(attempt.task.job, JobOutcome::failed);
    if (attempt.wanted && event.outcome == Outcome::invalid_result) ++jobs_.at(attempt.task.job).report.invalid_results;
    if (attempt.wanted && !attempt.late) record_failed_attempt(attempt);
    record_failure(event.worker, event.outcome, attempt.wanted);
  }
  const auto worker = workers_.find(event.worker);
  if (worker != workers_.end() && worker->second.leaving && worker->second.attempts.empty()) {
    close(event.worker, CloseReason::left);
  }
}

// --- Jobs ---

void Scheduler::State::on(const JobSubmitted& event) {
  const auto [at, added] = jobs_.try_emplace(event.job);
  if (!added) return;
  Job& job = at->second;
  job.has_apply = event.spec.apply && !event.spec.open;
  job.open = event.spec.open;
  job.needs = event.spec.needs;
  queues_.try_emplace(job.needs);
  add_strips(job, event.spec.strip_bytes);
  const auto ready = job.open ? static_cast<std::uint32_t>(job.strips.size()) : event.spec.ready;
  on(StripsReady{event.job, ready});
  end_phase_if_done(event.job);
}

void Scheduler::State::on(const StripsReady& event) {
  const auto at = jobs_.find(event.job);
  if (at == jobs_.end()) return;
  Job& job = at->second;
  const auto ready = std::min(event.ready, static_cast<std::uint32_t>(job.strips.size()));
  for (; job.ready < ready; ++job.ready) enqueue({event.job, job.ready});
}

void Scheduler::State::on(const StripsAdded& event) {
  const auto at = jobs_.find(event.job);
  if (at == jobs_.end() || !at->second.open) return;
  Job& job = at->second;
  add_strips(job, event.strip_bytes);
  on(StripsReady{event.job, static_cast<std::uint32_t>(job.strips.size())});
  job.open = !event.last;
  end_phase_if_done(event.job);
}

void Scheduler::State::on(const TableReady& event) {
  const auto at = jobs_.find(event.job);
  if (at == jobs_.end() || at->second.stage != Stage::reduce) return;
  Job& job = at->second;
  job.stage = Stage::apply;
  for (std::uint32_t i = 0; i < job.strips.size(); ++i) {
    job.strips[i].failed_attempts = 0;
    enqueue({event.job, i});
  }
  if (job.strips.empty()) end_phase(event.job);
}

void Scheduler::State::on(const JobCancelled& event) {
  if (jobs_.contains(event.job)) end_job(event.job, JobOutcome::cancelled);
}

}  // namespace ece465::mapreduce
