#include <utility>

#include "state.hpp"

/// The life cycle of an attempt. It ends when its worker answers or is removed. Before that it may become late (its
/// strip is reassigned) or be dropped (another attempt was first).

namespace ece465::mapreduce {

void Scheduler::State::count_applying(const Attempt& attempt, std::uint32_t change) {
  if (!attempt.applies_kept()) return;
  jobs_.at(attempt.task.job).applying_kept += change;
  workers_.at(attempt.worker).applying_kept += change;
}

void Scheduler::State::start_attempt(TaskId task, WorkerId to, bool from_kept) {
  Job& job = jobs_.at(task.job);
  Strip& strip = job.strips[task.strip];
  Worker& worker = workers_.at(to);
  const AttemptId id{++last_attempt_.value};
  const auto from = from_kept ? std::optional(strip.kept_under) : std::nullopt;

  dequeue(task);
  if (strip.keeper) forget_kept(task, !from_kept);

  Attempt attempt{.worker = to,
                  .task = task,
                  .phase = job.stage == Stage::apply ? Phase::apply : Phase::map,
                  .bytes = strip.bytes,
                  .sent = now_};
  attempt.keep = attempt.phase == Phase::map && job.has_apply && to != kMaster &&
                 worker.bytes_kept + strip.bytes <= worker.spec.keep_bytes;
  if (attempt.keep || from_kept) attempt.bytes_kept = strip.bytes;
  worker.bytes_kept += attempt.bytes_kept;
  count_applying(attempt, 1);
  worker.attempts.insert(id);
  worker.bytes_in_flight += strip.bytes;
  attempt.bytes_queued = worker.bytes_in_flight;
  ++job.report.attempts;
  virtual_time_ = std::max(virtual_time_, job.charged);
  job.charged += strip.bytes;
  update_runnable(task.job);

  if (to == kMaster) {
    actions_.emplace_back(RunLocally{id, task, attempt.phase});
  } else {
    bytes_in_flight_ += strip.bytes;
    if (!from) job.report.bytes_sent += strip.bytes;
    actions_.emplace_back(Send{to, id, task, attempt.phase, attempt.keep, from});
    set_deadline(id, attempt);
  }

  set_state(job, strip, StripState::running);
  strip.attempts.push_back(id);
  attempts_.emplace(id, attempt);
  if (running_attempts(strip).size() == 1) {
    watch_straggler(id);
  } else {
    for (const AttemptId other : strip.attempts) unwatch_straggler(other);
  }
  update_rankings(to);
}

Attempt Scheduler::State::end_attempt(AttemptId id) {
  const auto at = attempts_.find(id);
  if (at->second.wanted) {
    unwatch_straggler(id);
    std::erase(strip_of(at->second.task).attempts, id);
  }
  count_applying(at->second, -1U);
  deadlines_.remove(id);
  const Attempt attempt = at->second;
  attempts_.erase(at);

  Worker& worker = workers_.at(attempt.worker);
  worker.attempts.erase(id);
  worker.bytes_in_flight -= attempt.bytes;
  if (attempt.late) {
    --worker.late;
  } else if (attempt.worker != kMaster) {
    bytes_in_flight_ -= attempt.bytes;
  }
  worker.bytes_kept -= attempt.bytes_kept;  // accept() decides whether the strip stays kept
  update_rankings(attempt.worker);
  return attempt;
}

void Scheduler::State::accept(AttemptId id, const Attempt& attempt) {
  Job& job = jobs_.at(attempt.task.job);
  Strip& strip = job.strips[attempt.task.strip];
  dequeue(attempt.task);  // the answer may come from a late attempt whose strip was queued again
  for (const AttemptId other : std::exchange(strip.attempts, {})) drop(other);
  set_state(job, strip, StripState::done);
  actions_.emplace_back(Accept{id, attempt.task, attempt.phase, attempt.worker});

  Worker& worker = workers_.at(attempt.worker);
  for (JobReport::Share* share : {&job.report.shares[attempt.worker], &worker.merged}) {
    share->strips += 1;
    share->bytes += strip.bytes;
  }
  const bool from_kept = attempt.bytes_kept > 0 && !attempt.keep;
  if (from_kept) job.report.bytes_spared += strip.bytes;
  if (attempt.keep) {
    if (eligible(worker)) {
      strip.keeper = attempt.worker;
      strip.kept_under = id;
      worker.kept.insert(attempt.task);
      worker.bytes_kept += strip.bytes;
      update_rankings(attempt.worker);
    } else {
      actions_.emplace_back(Drop{attempt.worker, id});
    }
  }
  end_phase_if_done(attempt.task.job);
}

void Scheduler::State::record_failed_attempt(const Attempt& attempt) {
  Job& job = jobs_.at(attempt.task.job);
  Strip& strip = job.strips[attempt.task.strip];
  ++strip.failed_attempts;
  ++job.report.failed_attempts;
  if (strip.state != StripState::running) return;
  const auto left = running_attempts(strip);
  if (left.empty()) enqueue(attempt.task);
  if (left.size() == 1) watch_straggler(left[0]);
}

void Scheduler::State::drop(AttemptId id) {
  unwatch_straggler(id);
  Attempt& attempt = attempts_.at(id);
  count_applying(attempt, -1U);
  attempt.wanted = false;
  update_rankings(attempt.worker);
  if (attempt.worker == kMaster || workers_.at(attempt.worker).spec.supports_drop) {
    actions_.emplace_back(Drop{attempt.worker, id});
  }
}

void Scheduler::State::mark_late(AttemptId id) {
  Attempt& attempt = attempts_.at(id);
  count_applying(attempt, -1U);
  attempt.late = true;
  ++workers_.at(attempt.worker).late;
  bytes_in_flight_ -= attempt.bytes;  // a hung worker uses its own credit, but not the total
  if (attempt.wanted) {
    unwatch_straggler(id);
    record_failed_attempt(attempt);
  }
  discard_kept(attempt.worker, true);
  update_rankings(attempt.worker);
}

std::vector<AttemptId> Scheduler::State::running_attempts(const Strip& strip) const {
  std::vector<AttemptId> ids;
  for (const AttemptId id : strip.attempts) {
    if (!attempts_.at(id).late) ids.push_back(id);
  }
  return ids;
}

}  // namespace ece465::mapreduce
