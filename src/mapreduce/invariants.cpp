#include <algorithm>
#include <utility>

#include "state.hpp"

/// Recomputes the scheduler's redundant state and compares. Slow; for tests. Every failure is a bug.

namespace ece465::mapreduce {
namespace {

std::uint64_t value(WorkerId id) { return id.value; }

bool keeps_waiting(const Worker& worker, TaskId task) {
  const auto strips = worker.kept_waiting.find(task.job);
  return strips != worker.kept_waiting.end() && strips->second.contains(task.strip);
}

}  // namespace

#define ECE465_REQUIRE(condition, ...) \
  if (!(condition)) return fail(Errc::internal, __VA_ARGS__)

Result<void> Scheduler::State::check_invariants() const {
  ECE465_TRY(check_jobs());
  return check_workers();
}

Result<void> Scheduler::State::check_jobs() const {
  std::size_t wanted = 0, last_resorts = 0, runnable = 0;
  for (const auto& [id, job] : jobs_) {
    std::array<std::uint32_t, 6> count{};
    std::array<std::uint64_t, 6> bytes{};
    std::uint32_t applying_kept = 0;
    for (std::uint32_t i = 0; i < job.strips.size(); ++i) {
      const Strip& strip = job.strips[i];
      ++count[std::to_underlying(strip.state)];
      bytes[std::to_underlying(strip.state)] += strip.bytes;
      wanted += strip.attempts.size();
      for (const AttemptId attempt : strip.attempts) {
        const auto at = attempts_.find(attempt);
        ECE465_REQUIRE(at != attempts_.end() && at->second.wanted && at->second.task == TaskId(id, i),
                       "job {} strip {}: attempt {} belongs to another strip", id.value, i, attempt.value);
        applying_kept += at->second.applies_kept() ? 1 : 0;
      }
      const std::size_t running = running_attempts(strip).size();
      ECE465_REQUIRE((strip.state == StripState::running) == (running > 0) && running <= 2,
                     "job {} strip {}: state {} with {} attempts running", id.value, i, std::to_underlying(strip.state),
                     running);
      ECE465_REQUIRE(strip.state != StripState::done || strip.attempts.empty(),
                     "job {} strip {}: done, but has attempts", id.value, i);
      ECE465_REQUIRE((strip.state == StripState::waiting) == job.queue.contains(i), "job {} strip {}: queue", id.value,
                     i);
      ECE465_REQUIRE((strip.state == StripState::last_resort) == last_resort_.contains({id, i}),
                     "job {} strip {}: last resort", id.value, i);
      if (strip.keeper) {
        const auto keeper = workers_.find(*strip.keeper);
        ECE465_REQUIRE(keeper != workers_.end() && keeper->second.kept.contains({id, i}),
                       "job {} strip {}: worker {} does not keep it", id.value, i, value(*strip.keeper));
        ECE465_REQUIRE((strip.state == StripState::kept) == keeps_waiting(keeper->second, {id, i}),
                       "job {} strip {}: kept, but not waiting at its keeper", id.value, i);
      } else {
        ECE465_REQUIRE(strip.state != StripState::kept, "job {} strip {}: kept without a keeper", id.value, i);
      }
      last_resorts += strip.state == StripState::last_resort ? 1 : 0;
    }
    ECE465_REQUIRE(count == job.count && bytes == job.bytes && applying_kept == job.applying_kept,
                   "job {}: strips miscounted", id.value);
    const bool is_runnable = !job.queue.empty() || !job.keepers.empty();
    ECE465_REQUIRE(
        queues_.at(job.needs).runnable.rank_of(id) == (is_runnable ? std::optional(job.charged) : std::nullopt),
        "job {}: wrong rank in its queue", id.value);
    for (const WorkerId keeper : job.keepers) {
      ECE465_REQUIRE(workers_.contains(keeper) && workers_.at(keeper).kept_waiting.contains(id), "job {}: keepers",
                     id.value);
    }
    runnable += is_runnable ? 1 : 0;
  }
  for (const auto& [needs, queue] : queues_) {
    runnable -= queue.runnable.size();
    for (auto at = queue.speculation_candidates.first(); at; at = queue.speculation_candidates.first_above(at->rank)) {
      const auto attempt = attempts_.find(at->key);
      ECE465_REQUIRE(attempt != attempts_.end() && attempt->second.wanted && !attempt->second.late,
                     "attempt {} must not be a speculation candidate", at->key.value);
    }
  }
  ECE465_REQUIRE(runnable == 0, "a job that ended is in a queue");
  ECE465_REQUIRE(last_resorts == last_resort_.size(), "a strip of a job that ended is a last resort");
  const auto open = std::ranges::count_if(attempts_, [](const auto& entry) { return entry.second.wanted; });
  ECE465_REQUIRE(wanted == static_cast<std::size_t>(open), "{} attempts wanted, {} open", wanted, open);
  return {};
}

Result<void> Scheduler::State::check_workers() const {
  std::uint64_t in_flight = 0;
  std::size_t open = 0, with_deadline = 0;
  std::map<Capabilities, std::size_t> proven, eligible_count;
  std::map<Capabilities, std::uint64_t> keep_bytes, keep_free;
  for (const auto& [id, worker] : workers_) {
    std::uint64_t bytes = 0, kept = 0, waiting = 0;
    std::uint32_t applying = 0;
    std::size_t late = 0;
    for (const AttemptId attempt : worker.attempts) {
      const auto at = attempts_.find(attempt);
      ECE465_REQUIRE(at != attempts_.end() && at->second.worker == id, "worker {}: attempt {}", value(id),
                     attempt.value);
      bytes += at->second.bytes;
      late += at->second.late ? 1 : 0;
      applying += at->second.applies_kept() ? 1 : 0;
      kept += at->second.bytes_kept;
      if (id != kMaster && !at->second.late) in_flight += at->second.bytes;
      ECE465_REQUIRE(id == kMaster || deadlines_.rank_of(attempt), "attempt {} has no deadline", attempt.value);
      with_deadline += id == kMaster ? 0 : 1;
    }
    open += worker.attempts.size();
    for (const TaskId task : worker.kept) {
      const auto job = jobs_.find(task.job);
      ECE465_REQUIRE(job != jobs_.end() && job->second.strips[task.strip].keeper == id,
                     "worker {} keeps a strip that does not refer to it", value(id));
      kept += job->second.strips[task.strip].bytes;
    }
    for (const auto& [job, strips] : worker.kept_waiting) {
      ECE465_REQUIRE(!strips.empty() && jobs_.at(job).keepers.contains(id) == can_take(worker), "worker {}: keeper",
                     value(id));
      for (const auto strip : strips) waiting += jobs_.at(job).strips[strip].bytes;
    }
    ECE465_REQUIRE(bytes == worker.bytes_in_flight && kept == worker.bytes_kept && waiting == worker.bytes_waiting &&
                       late == worker.late && applying == worker.applying_kept,
                   "worker {}: bytes or lateness miscounted", value(id));
    ECE465_REQUIRE(worker.bytes_kept <= worker.spec.keep_bytes, "worker {} keeps too much", value(id));
    ECE465_REQUIRE(worker.bytes_in_flight <= worker.spec.credit_bytes || worker.attempts.size() == 1,
                   "worker {}: over its credit", value(id));
    ECE465_REQUIRE(worker.attempts.size() <= worker.spec.max_tasks, "worker {} has too many tasks", value(id));
    if (id == kMaster) continue;
    ECE465_REQUIRE(worker.counted_proven == (worker.proven && eligible(worker)), "worker {}: proven", value(id));
    const WorkerGroup& group = groups_.at(worker.spec.capabilities);
    ECE465_REQUIRE(group.available.rank_of(id).has_value() == (can_take(worker) && worker.proven) &&
                       group.unproven.rank_of(id).has_value() == (can_take(worker) && !worker.proven) &&
                       group.without_kept.rank_of(id).has_value() ==
                           (can_take(worker) && worker.proven && applying == 0 && worker.kept_waiting.empty()),
                   "worker {}: rankings", value(id));
    ECE465_REQUIRE(backlogs_.rank_of(id).has_value() != worker.kept_waiting.empty(), "worker {}: backlog", value(id));
    ECE465_REQUIRE(quarantine_ends_.rank_of(id).has_value() == worker.quarantined, "worker {}: quarantine", value(id));
    ECE465_REQUIRE(heartbeats_.rank_of(id).has_value() == worker.spec.heartbeat, "worker {}: heartbeat", value(id));
    proven[worker.spec.capabilities] += worker.counted_proven ? 1 : 0;
    if (!eligible(worker)) continue;
    ++eligible_count[worker.spec.capabilities];
    keep_bytes[worker.spec.capabilities] += worker.spec.keep_bytes;
    keep_free[worker.spec.capabilities] += worker.spec.keep_bytes - worker.bytes_kept;
  }
  ECE465_REQUIRE(open == attempts_.size() && with_deadline == deadlines_.size(), "an attempt without a worker");
  ECE465_REQUIRE(in_flight == bytes_in_flight_, "bytes in flight miscounted");
  for (const auto& [capabilities, group] : groups_) {
    ECE465_REQUIRE(group.proven == proven[capabilities] && group.eligible == eligible_count[capabilities],
                   "workers miscounted");
    ECE465_REQUIRE(group.keep_bytes == keep_bytes[capabilities] && group.keep_free == keep_free[capabilities],
                   "memory for kept strips miscounted");
  }
  return {};
}

#undef ECE465_REQUIRE

}  // namespace ece465::mapreduce
