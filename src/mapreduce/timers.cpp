#include <algorithm>

#include "state.hpp"

/// What time alone changes: deadlines pass, quarantines end, idle workers fall silent.

namespace ece465::mapreduce {

void Scheduler::State::let_time_pass() {
  for (auto due = deadlines_.first(); due && due->rank <= now_; due = deadlines_.first()) {
    const Attempt& attempt = attempts_.at(due->key);
    if (attempt.late) {
      close(attempt.worker, CloseReason::overdue);
    } else {
      // Counted from now, not from the deadline: had this machine been asleep, every worker would be lost at once.
      deadlines_.put(due->key, now_ + (options_.last_patience - 1) * (attempt.deadline - attempt.sent));
      become_late(due->key);
    }
  }
  for (auto due = releases_.first(); due && due->rank <= now_; due = releases_.first()) release(due->key);
  for (auto due = heartbeats_.first(); due && due->rank <= now_; due = heartbeats_.first()) beat(due->key);
}

void Scheduler::State::beat(WorkerId id) {
  // Beats are counted, not time: of a machine that was asleep nobody has missed more than one.
  if (++workers_.at(id).quiet >= options_.missed_heartbeats) return close(id, CloseReason::silent);
  actions_.emplace_back(Ping{id});
  heartbeats_.put(id, now_ + options_.heartbeat);
}

void Scheduler::State::set_deadline(AttemptId id, Attempt& attempt) {
  const Worker& worker = workers_.at(attempt.worker);
  // The strip waits its turn at the worker, and on the master's link behind everybody else's.
  Duration time = std::max(expected(worker, 0), throughput_.expect(bytes_in_flight_));
  if (!worker.pace.known()) time = std::max(time, options_.first_expectation);
  attempt.deadline = now_ + std::clamp(time * options_.patience, options_.min_patience, options_.max_patience);
  deadlines_.put(id, attempt.deadline);
}

void Scheduler::State::suspect(AttemptId id) {
  const Attempt& attempt = attempts_.at(id);
  const Job& job = jobs_.at(attempt.task.job);
  if (job.strips[attempt.task.strip].misses >= options_.max_misses) return;  // the master's alone by now
  trade_of(job).speculation_candidates.put(id, attempt.sent + options_.worthwhile);
}

void Scheduler::State::unsuspect(AttemptId id) { trade_of(jobs_.at(attempts_.at(id).task.job)).speculation_candidates.remove(id); }

Duration Scheduler::State::usual_limit(const Attempt& attempt) const {
  // Before any worker has answered, the master's own pace is all there is to go by.
  const ThroughputEstimate& pace = service_.known() ? service_ : workers_.at(kMaster).pace;
  const Duration usual = pace.known()
                             ? std::max(pace.expect(attempt.bytes_queued), throughput_.expect(bytes_in_flight_))
                             : options_.first_expectation;
  return std::max(usual * options_.straggler_factor, options_.worthwhile);
}

std::optional<Time> Scheduler::State::next_wake() const {
  std::optional<Time> wake;
  const auto consider = [&wake](const auto& entry) {
    if (entry && (!wake || entry->rank < *wake)) wake = entry->rank;
  };
  consider(deadlines_.first());
  consider(releases_.first());
  consider(heartbeats_.first());
  // A suspect that is due already waits for an idle worker, which comes with an event.
  for (const auto& [needs, trade] : trades_) {
    if (trade.hungry.empty() && idle_besides(WorkerId{UINT64_MAX}, needs)) consider(trade.speculation_candidates.first_above(now_));
  }
  return wake;
}

}  // namespace ece465::mapreduce
