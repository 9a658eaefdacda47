#include <utility>

#include "state.hpp"

/// Trust and credit. A new worker proves itself with one strip; then its credit counts. A lie or failure costs it a
/// quarantine and its good name; a late answer costs it further work until the answer is there.

namespace ece465::mapreduce {

void Scheduler::State::heard_from(WorkerId id) { workers_.at(id).quiet = 0; }

void Scheduler::State::praise(const Attempt& attempt) {
  Worker& worker = workers_.at(attempt.worker);
  worker.failures = 0;
  if (!worker.quarantined) worker.proven = true;
  // While work was queued to it, a worker has served this strip since its answer before.
  const Duration served = now_ - std::max(attempt.sent, worker.answered);
  worker.pace.learn(attempt.bytes, served);
  worker.answered = now_;
  if (attempt.worker != kMaster) {
    service_.learn(attempt.bytes, served);
    throughput_.learn(attempt.bytes, now_ - std::max(attempt.sent, answered_));
    answered_ = now_;
  }
  refresh(attempt.worker);
}

void Scheduler::State::blame(WorkerId id, Outcome outcome, bool wanted) {
  Worker& worker = workers_.at(id);
  if (id == kMaster || outcome == Outcome::not_kept) return;
  if (outcome == Outcome::dropped && (!wanted || worker.leaving)) return;  // as it should be
  ++(outcome == Outcome::lie ? worker.lies : worker.failures);
  if (worker.lies >= options_.max_lies) return close(id, CloseReason::lying);
  if (worker.failures >= options_.max_failures) return close(id, CloseReason::failing);
  worker.proven = false;
  worker.quarantined = true;
  Duration term = options_.quarantine;
  for (std::uint32_t i = 1; i < worker.lies + worker.failures && term < options_.max_quarantine; ++i) term *= 2;
  releases_.put(id, now_ + std::min(term, options_.max_quarantine));
  give_up_kept(id, true);
  refresh(id);
}

void Scheduler::State::release(WorkerId id) {
  releases_.remove(id);
  workers_.at(id).quarantined = false;
  refresh(id);
}

void Scheduler::State::give_up_kept(WorkerId id, bool tell) {
  const auto kept = workers_.at(id).kept;  // a copy: unkeep() takes from it
  for (const TaskId task : kept) {
    const bool waits = strip_of(task).state == StripState::kept;
    if (waits) unwait(task);
    unkeep(task, tell);
    if (waits) wait(task);
  }
}

void Scheduler::State::unkeep(TaskId task, bool tell) {
  Strip& strip = strip_of(task);
  const WorkerId id = *std::exchange(strip.keeper, std::nullopt);
  Worker& worker = workers_.at(id);
  worker.kept.erase(task);
  worker.bytes_kept -= strip.bytes;
  if (tell) actions_.emplace_back(Drop{id, strip.kept_as});
  refresh(id);
}

void Scheduler::State::close(WorkerId id, CloseReason reason) {
  actions_.emplace_back(CloseWorker{id, reason});
  forget_worker(id);
}

void Scheduler::State::forget_worker(WorkerId id) {
  give_up_kept(id, false);
  const auto attempts = workers_.at(id).attempts;  // a copy: end() takes from it
  for (const AttemptId open : attempts) {
    const Attempt attempt = end(open);
    if (attempt.wanted && !attempt.late) miss(attempt);
  }
  WorkerGroup& crew = crews_[workers_.at(id).spec.skills];
  if (workers_.at(id).usable) --crew.usable;
  if (workers_.at(id).counted) --crew.eligible;
  crew.keep_bytes -= workers_.at(id).counted_keep;
  crew.keep_room -= workers_.at(id).counted_room;
  crew.takers.remove(id);
  crew.free_ones.remove(id);
  crew.newcomers.remove(id);
  backlogs_.remove(id);
  heartbeats_.remove(id);
  releases_.remove(id);
  workers_.erase(id);
}

bool Scheduler::State::eligible(const Worker& worker) {
  return !worker.leaving && !worker.quarantined && worker.late == 0;
}

bool Scheduler::State::may_take(const Worker& worker) const {
  if (!eligible(worker)) return false;
  if (worker.attempts.empty()) return true;  // a strip larger than the credit must go to somebody
  return worker.proven && worker.attempts.size() < worker.spec.max_tasks &&
         worker.bytes_in_flight + room_needed_ <= worker.spec.credit_bytes;
}

Duration Scheduler::State::expected(const Worker& worker, std::uint64_t more) const {
  return (worker.pace.known() ? worker.pace : service_).expect(worker.bytes_in_flight + more);
}

void Scheduler::State::refresh(WorkerId id) {
  if (id == kMaster) return;  // stands in no ranking: it is asked directly
  Worker& worker = workers_.at(id);
  WorkerGroup& crew = crews_[worker.spec.skills];
  const auto count = [](bool counts, bool& counted, std::size_t& total) {
    if (counts && !counted) ++total;
    if (!counts && counted) --total;
    counted = counts;
  };
  count(eligible(worker), worker.counted, crew.eligible);
  count(eligible(worker) && worker.proven, worker.usable, crew.usable);
  const auto add_up = [](std::uint64_t now, std::uint64_t& counted, std::uint64_t& total) {
    total += now - std::exchange(counted, now);  // may wrap on the way
  };
  add_up(eligible(worker) ? worker.spec.keep_bytes : 0, worker.counted_keep, crew.keep_bytes);
  add_up(eligible(worker) ? worker.spec.keep_bytes - worker.bytes_kept : 0, worker.counted_room, crew.keep_room);

  const bool takes = may_take(worker);
  constexpr std::uint64_t kUsualStrip = std::uint64_t{1} << 20;
  crew.takers.remove(id);
  crew.free_ones.remove(id);
  crew.newcomers.remove(id);
  if (takes) (worker.proven ? crew.takers : crew.newcomers).put(id, expected(worker, kUsualStrip));
  const bool free = worker.applying_kept == 0 && worker.kept_waiting.empty();
  if (takes && worker.proven && free) crew.free_ones.put(id, expected(worker, kUsualStrip));
  for (const auto& [job, strips] : worker.kept_waiting) {
    auto& keepers = jobs_.at(job).keepers;
    if (takes ? keepers.insert(id).second : keepers.erase(id) > 0) refresh_hunger(job);
  }
  if (worker.kept_waiting.empty()) {
    backlogs_.remove(id);
  } else {
    backlogs_.put(id, expected(worker, worker.bytes_waiting));
  }
}

}  // namespace ece465::mapreduce
