#include <utility>

#include "state.hpp"

/// An attempt's life: it starts, and ends with an answer or with its worker. Between, it may become late (its strip
/// goes to somebody else as well) or be dropped (somebody else was first).

namespace ece465::mapreduce {

void Scheduler::State::count_applying(const Attempt& attempt, std::uint32_t change) {
  if (!attempt.applies_kept()) return;
  jobs_.at(attempt.task.job).applying_kept += change;
  workers_.at(attempt.worker).applying_kept += change;
}

void Scheduler::State::start(TaskId task, WorkerId to, bool from_kept) {
  Job& job = jobs_.at(task.job);
  Strip& strip = job.strips[task.strip];
  Worker& worker = workers_.at(to);
  const AttemptId id{++last_attempt_.value};
  const auto from = from_kept ? std::optional(strip.kept_as) : std::nullopt;

  unwait(task);
  if (strip.keeper) unkeep(task, !from_kept);

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
  fair_clock_ = std::max(fair_clock_, job.charged);
  job.charged += strip.bytes;
  refresh_hunger(task.job);

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
  if (running(strip).size() == 1) {
    suspect(id);
  } else {
    for (const AttemptId other : strip.attempts) unsuspect(other);
  }
  refresh(to);
}

Attempt Scheduler::State::end(AttemptId id) {
  const auto at = attempts_.find(id);
  if (at->second.wanted) {
    unsuspect(id);
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
  worker.bytes_kept -= attempt.bytes_kept;  // what it keeps from here on is for accept() to say
  refresh(attempt.worker);
  return attempt;
}

void Scheduler::State::accept(AttemptId id, const Attempt& attempt) {
  Job& job = jobs_.at(attempt.task.job);
  Strip& strip = job.strips[attempt.task.strip];
  unwait(attempt.task);  // a late attempt may have come home while its strip waited for somebody else
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
      strip.kept_as = id;
      worker.kept.insert(attempt.task);
      worker.bytes_kept += strip.bytes;
      refresh(attempt.worker);
    } else {
      actions_.emplace_back(Drop{attempt.worker, id});
    }
  }
  end_phase_if_done(attempt.task.job);
}

void Scheduler::State::miss(const Attempt& attempt) {
  Job& job = jobs_.at(attempt.task.job);
  Strip& strip = job.strips[attempt.task.strip];
  ++strip.misses;
  ++job.report.misses;
  if (strip.state != StripState::running) return;
  const auto left = running(strip);
  if (left.empty()) wait(attempt.task);
  if (left.size() == 1) suspect(left[0]);
}

void Scheduler::State::drop(AttemptId id) {
  unsuspect(id);
  Attempt& attempt = attempts_.at(id);
  count_applying(attempt, -1U);
  attempt.wanted = false;
  refresh(attempt.worker);
  if (attempt.worker == kMaster || workers_.at(attempt.worker).spec.drops) {
    actions_.emplace_back(Drop{attempt.worker, id});
  }
}

void Scheduler::State::become_late(AttemptId id) {
  Attempt& attempt = attempts_.at(id);
  count_applying(attempt, -1U);
  attempt.late = true;
  ++workers_.at(attempt.worker).late;
  bytes_in_flight_ -= attempt.bytes;  // hung workers must not use up the credit of all; their own they do
  if (attempt.wanted) {
    unsuspect(id);
    miss(attempt);
  }
  give_up_kept(attempt.worker, true);
  refresh(attempt.worker);
}

std::vector<AttemptId> Scheduler::State::running(const Strip& strip) const {
  std::vector<AttemptId> ids;
  for (const AttemptId id : strip.attempts) {
    if (!attempts_.at(id).late) ids.push_back(id);
  }
  return ids;
}

}  // namespace ece465::mapreduce
