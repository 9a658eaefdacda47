#include <utility>

#include "state.hpp"

/// Trust and credit. A new worker is on probation and gets one strip; after a good answer its full credit applies. An
/// invalid result or a failure quarantines a worker and puts it back on probation. A late worker gets no work until it
/// has answered.

namespace ece465::mapreduce {

void Scheduler::State::heard_from(WorkerId id) { workers_.at(id).missed_heartbeats = 0; }

void Scheduler::State::record_success(const Attempt& attempt) {
  Worker& worker = workers_.at(attempt.worker);
  worker.failures = 0;
  if (!worker.quarantined) worker.proven = true;
  // If the strip was queued, the worker has been processing it since its previous answer.
  const Duration served = now_ - std::max(attempt.sent, worker.last_good_answer);
  worker.throughput.add_sample(attempt.bytes, served);
  worker.last_good_answer = now_;
  if (attempt.worker != kMaster) {
    typical_throughput_.add_sample(attempt.bytes, served);
    total_throughput_.add_sample(attempt.bytes, now_ - std::max(attempt.sent, last_good_answer_));
    last_good_answer_ = now_;
  }
  update_rankings(attempt.worker);
}

void Scheduler::State::record_failure(WorkerId id, Outcome outcome, bool wanted) {
  Worker& worker = workers_.at(id);
  if (id == kMaster || outcome == Outcome::not_kept) return;
  if (outcome == Outcome::dropped && (!wanted || worker.leaving)) return;  // expected
  ++(outcome == Outcome::invalid_result ? worker.invalid_results : worker.failures);
  if (worker.invalid_results >= options_.max_invalid_results) return close(id, CloseReason::invalid_results);
  if (worker.failures >= options_.max_failures) return close(id, CloseReason::failing);
  worker.proven = false;
  worker.quarantined = true;
  Duration term = options_.quarantine;
  for (std::uint32_t i = 1; i < worker.invalid_results + worker.failures && term < options_.max_quarantine; ++i)
    term *= 2;
  quarantine_ends_.put(id, now_ + std::min(term, options_.max_quarantine));
  discard_kept(id, true);
  update_rankings(id);
}

void Scheduler::State::end_quarantine(WorkerId id) {
  quarantine_ends_.remove(id);
  workers_.at(id).quarantined = false;
  update_rankings(id);
}

void Scheduler::State::discard_kept(WorkerId id, bool notify) {
  const auto kept = workers_.at(id).kept;  // a copy: forget_kept() modifies it
  for (const TaskId task : kept) {
    const bool waits = strip_of(task).state == StripState::kept;
    if (waits) dequeue(task);
    forget_kept(task, notify);
    if (waits) enqueue(task);
  }
}

void Scheduler::State::forget_kept(TaskId task, bool notify) {
  Strip& strip = strip_of(task);
  const WorkerId id = *std::exchange(strip.keeper, std::nullopt);
  Worker& worker = workers_.at(id);
  worker.kept.erase(task);
  worker.bytes_kept -= strip.bytes;
  if (notify) actions_.emplace_back(Drop{id, strip.kept_under});
  update_rankings(id);
}

void Scheduler::State::close(WorkerId id, CloseReason reason) {
  actions_.emplace_back(CloseWorker{id, reason});
  remove_worker(id);
}

void Scheduler::State::remove_worker(WorkerId id) {
  discard_kept(id, false);
  const auto attempts = workers_.at(id).attempts;  // a copy: end_attempt() modifies it
  for (const AttemptId open : attempts) {
    const Attempt attempt = end_attempt(open);
    if (attempt.wanted && !attempt.late) record_failed_attempt(attempt);
  }
  WorkerGroup& group = groups_[workers_.at(id).spec.capabilities];
  if (workers_.at(id).counted_proven) --group.proven;
  if (workers_.at(id).counted_eligible) --group.eligible;
  group.keep_bytes -= workers_.at(id).counted_keep_bytes;
  group.keep_free -= workers_.at(id).counted_keep_free;
  group.available.remove(id);
  group.without_kept.remove(id);
  group.unproven.remove(id);
  backlogs_.remove(id);
  heartbeats_.remove(id);
  quarantine_ends_.remove(id);
  workers_.erase(id);
}

bool Scheduler::State::eligible(const Worker& worker) {
  return !worker.leaving && !worker.quarantined && worker.late == 0;
}

bool Scheduler::State::can_take(const Worker& worker) const {
  if (!eligible(worker)) return false;
  if (worker.attempts.empty()) return true;  // some worker must take a strip larger than its credit
  return worker.proven && worker.attempts.size() < worker.spec.max_tasks &&
         worker.bytes_in_flight + largest_strip_ <= worker.spec.credit_bytes;
}

Duration Scheduler::State::expected_time(const Worker& worker, std::uint64_t more) const {
  return (worker.throughput.known() ? worker.throughput : typical_throughput_)
      .expected_time(worker.bytes_in_flight + more);
}

void Scheduler::State::update_rankings(WorkerId id) {
  if (id == kMaster) return;  // is in no ranking: callers check it directly
  Worker& worker = workers_.at(id);
  WorkerGroup& group = groups_[worker.spec.capabilities];
  const bool counts = eligible(worker);
  const auto adjust = [](auto& total, auto& counted, auto now) {
    total += std::uint64_t{now} - std::uint64_t{std::exchange(counted, now)};  // the difference may wrap
  };
  adjust(group.eligible, worker.counted_eligible, counts);
  adjust(group.proven, worker.counted_proven, counts && worker.proven);
  adjust(group.keep_bytes, worker.counted_keep_bytes, counts ? worker.spec.keep_bytes : 0);
  adjust(group.keep_free, worker.counted_keep_free, counts ? worker.spec.keep_bytes - worker.bytes_kept : 0);

  const bool takes = can_take(worker);
  constexpr std::uint64_t kTypicalStrip = std::uint64_t{1} << 20;  // image::PageStripsOptions::strip_bytes
  group.available.remove(id);
  group.without_kept.remove(id);
  group.unproven.remove(id);
  if (takes) (worker.proven ? group.available : group.unproven).put(id, expected_time(worker, kTypicalStrip));
  const bool free = worker.applying_kept == 0 && worker.kept_waiting.empty();
  if (takes && worker.proven && free) group.without_kept.put(id, expected_time(worker, kTypicalStrip));
  for (const auto& [job, strips] : worker.kept_waiting) {
    auto& keepers = jobs_.at(job).keepers;
    if (takes ? keepers.insert(id).second : keepers.erase(id) > 0) update_runnable(job);
  }
  if (worker.kept_waiting.empty()) {
    backlogs_.remove(id);
  } else {
    backlogs_.put(id, expected_time(worker, worker.bytes_waiting));
  }
}

}  // namespace ece465::mapreduce
