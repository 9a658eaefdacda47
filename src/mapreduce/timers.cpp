#include <algorithm>

#include "state.hpp"

/// Deadlines, quarantines and heartbeats.

namespace ece465::mapreduce {

void Scheduler::State::run_timers() {
  for (auto due = deadlines_.first(); due && due->rank <= now_; due = deadlines_.first()) {
    const Attempt& attempt = attempts_.at(due->key);
    if (attempt.late) {
      close(attempt.worker, CloseReason::overdue);
    } else {
      // From now, not from the deadline: otherwise all workers would be closed at once after this machine was
      // suspended.
      deadlines_.put(due->key, now_ + (options_.close_factor - 1) * (attempt.deadline - attempt.sent));
      mark_late(due->key);
    }
  }
  for (auto due = quarantine_ends_.first(); due && due->rank <= now_; due = quarantine_ends_.first())
    end_quarantine(due->key);
  for (auto due = heartbeats_.first(); due && due->rank <= now_; due = heartbeats_.first()) on_heartbeat_due(due->key);
}

void Scheduler::State::on_heartbeat_due(WorkerId id) {
  // Counts intervals, not time: after this machine was suspended, no worker has missed more than one.
  if (++workers_.at(id).missed_heartbeats >= options_.max_missed_heartbeats) return close(id, CloseReason::silent);
  actions_.emplace_back(Ping{id});
  heartbeats_.put(id, now_ + options_.heartbeat);
}

void Scheduler::State::set_deadline(AttemptId id, Attempt& attempt) {
  const Worker& worker = workers_.at(attempt.worker);
  // The strip is queued at the worker, and on the master's link behind the strips of all other workers.
  Duration time = std::max(expected_time(worker, 0), total_throughput_.expected_time(bytes_in_flight_));
  if (!worker.throughput.known()) time = std::max(time, options_.initial_estimate);
  attempt.deadline = now_ + std::clamp(time * options_.deadline_factor, options_.min_deadline, options_.max_deadline);
  deadlines_.put(id, attempt.deadline);
}

void Scheduler::State::watch_straggler(AttemptId id) {
  const Attempt& attempt = attempts_.at(id);
  const Job& job = jobs_.at(attempt.task.job);
  if (job.strips[attempt.task.strip].failed_attempts >= options_.max_failed_attempts)
    return;  // only the master may try it
  queue_of(job).speculation_candidates.put(id, attempt.sent + options_.min_gain);
}

void Scheduler::State::unwatch_straggler(AttemptId id) {
  queue_of(jobs_.at(attempts_.at(id).task.job)).speculation_candidates.remove(id);
}

Duration Scheduler::State::straggler_limit(const Attempt& attempt) const {
  // Before any worker has answered, use the master's own throughput.
  const ThroughputEstimate& throughput =
      typical_throughput_.known() ? typical_throughput_ : workers_.at(kMaster).throughput;
  const Duration usual = throughput.known() ? std::max(throughput.expected_time(attempt.bytes_queued),
                                                       total_throughput_.expected_time(bytes_in_flight_))
                                            : options_.initial_estimate;
  return std::max(usual * options_.straggler_factor, options_.min_gain);
}

std::optional<Time> Scheduler::State::next_timer() const {
  std::optional<Time> next;
  const auto consider = [&next](const auto& entry) {
    if (entry && (!next || entry->rank < *next)) next = entry->rank;
  };
  consider(deadlines_.first());
  consider(quarantine_ends_.first());
  consider(heartbeats_.first());
  // A candidate that is already due waits for an idle worker, which comes with an event.
  for (const auto& [needs, queue] : queues_) {
    if (queue.runnable.empty() && idle_worker(WorkerId{UINT64_MAX}, needs))
      consider(queue.speculation_candidates.first_above(now_));
  }
  return next;
}

}  // namespace ece465::mapreduce
