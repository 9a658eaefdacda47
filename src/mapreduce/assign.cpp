#include <algorithm>
#include <utility>

#include "state.hpp"

/// Assignment of strips to workers. After every event, in this order:
///
///   1. The master takes the strips at which too many workers failed.
///   2. The runnable job with the fewest bytes charged is next. A worker that keeps strips of it applies one of them:
///      this sends only the table, and frees the worker's memory. Otherwise a strip from the job's queue goes to the
///      worker that is expected to finish it first.
///   3. When nothing waits, idle workers take over kept strips from workers that are far behind,
///   4. and retry strips that take much longer than usual. The first answer wins.

namespace ece465::mapreduce {
namespace {

bool has_all(Capabilities capabilities, Capabilities needs) { return (needs & ~capabilities) == 0; }

}  // namespace

void Scheduler::State::assign_work() {
  assign_last_resort();
  assign_waiting();
  steal_kept();
  for (auto& [needs, queue] : queues_) speculate(queue);
}

void Scheduler::State::assign_last_resort() {
  while (!last_resort_.empty() && can_take(workers_.at(kMaster))) start_attempt(*last_resort_.begin(), kMaster);
}

void Scheduler::State::assign_waiting() {
  while (true) {
    // The job with the fewest bytes charged over all queues, among those that have a worker for their next strip.
    std::optional<Ranking<JobId, std::uint64_t>::Entry> next;
    WorkerId taker;
    for (const auto& [needs, queue] : queues_) {
      for (auto candidate = queue.runnable.first(); candidate && !(next && *next < *candidate);
           candidate = queue.runnable.after(*candidate)) {
        const Job& job = jobs_.at(candidate->key);
        if (const auto worker = choose_worker(job)) {
          next = candidate;
          taker = *worker;
        } else if (reserves_for_master(job)) {
          continue;  // the strips that it reserves must not block other jobs
        }
        break;
      }
    }
    if (!next) return;
    const Job& job = jobs_.at(next->key);
    const bool kept = job.keepers.contains(taker);
    const auto& strips = kept ? workers_.at(taker).kept_waiting.at(next->key) : job.queue;
    start_attempt({next->key, *strips.begin()}, taker, kept);
  }
}

void Scheduler::State::steal_kept() {
  while (const auto slowest = backlogs_.last()) {
    const auto& [id, strips] = *workers_.at(slowest->key).kept_waiting.rbegin();
    const TaskId task{id, *strips.rbegin()};
    Job& job = jobs_.at(id);
    auto taker = idle_worker(slowest->key, job.needs);
    if (!taker || *taker == kMaster) {  // an unproven worker may find no other strip
      if (const auto unproven = best_of(&WorkerGroup::unproven, job.needs, slowest->key)) taker = unproven;
    }
    if (!taker || !queue_of(job).runnable.empty()) return;
    const Duration gain = slowest->rank - expected_time(workers_.at(*taker), strip_of(task).bytes);
    if (gain < options_.min_gain) return;
    ++job.report.stolen;
    start_attempt(task, *taker);
  }
}

void Scheduler::State::speculate(JobQueue& queue) {
  while (const auto candidate = queue.speculation_candidates.first()) {
    if (candidate->rank > now_ || !queue.runnable.empty()) return;
    const Attempt attempt = attempts_.at(candidate->key);
    const Duration age = now_ - attempt.sent;
    if (const Duration limit = straggler_limit(attempt); age < limit) {
      // Check again with exponential back-off: the estimate improves with every answer.
      queue.speculation_candidates.put(candidate->key, attempt.sent + std::min(limit, 2 * age));
      continue;
    }
    Job& job = jobs_.at(attempt.task.job);
    const auto taker = idle_worker(attempt.worker, job.needs);
    if (!taker) return;
    ++job.report.duplicates;
    start_attempt(attempt.task, *taker);  // removes both attempts from the candidates
    if (attempt.worker == kMaster) continue;
    discard_kept(attempt.worker, true);  // they are queued behind this strip
    assign_waiting();
  }
}

std::optional<WorkerId> Scheduler::State::choose_worker(const Job& job) const {
  if (!job.keepers.empty() && has_credit()) return *job.keepers.begin();
  if (job.queue.empty()) return std::nullopt;
  if (prefers_master(job) && can_take(workers_.at(kMaster))) return kMaster;
  // Do not queue a strip behind kept ones: the master would get to it sooner.
  const auto proven =
      best_of(reserves_for_master(job) ? &WorkerGroup::without_kept : &WorkerGroup::available, job.needs, kMaster);
  if (proven && !has_fair_share(*proven, job)) return proven;
  // Otherwise a worker on probation: with small jobs only, proven workers would always have enough credit.
  if (const auto unproven = best_of(&WorkerGroup::unproven, job.needs, kMaster)) return unproven;
  if (proven) return std::nullopt;
  // As long as no worker is proven, the master works too.
  const bool master_may = options_.local_helps || !has_proven_worker(job.needs);
  if (master_may && can_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::idle_worker(WorkerId excluded, Capabilities needs) const {
  if (const auto worker = best_of(&WorkerGroup::available, needs, excluded)) return worker;
  if (excluded != kMaster && can_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::best_of(Ranking<WorkerId, Duration> WorkerGroup::* ranking,
                                                  Capabilities needs, WorkerId excluded) const {
  std::optional<Ranking<WorkerId, Duration>::Entry> best;
  for (const auto& [capabilities, group] : groups_) {
    if (!has_all(capabilities, needs) || !has_credit()) continue;
    const auto first = (group.*ranking).first_except(excluded);
    if (first && (!best || *first < *best)) best = first;
  }
  return best ? std::optional(best->key) : std::nullopt;
}

bool Scheduler::State::has_fair_share(WorkerId id, const Job& job) const {
  // By credit alone, the first free workers would take all remaining strips while the others stay idle (guided
  // self-scheduling, Polychronopoulos and Kuck 1987). At least two: one can be sent while the other is computed.
  std::size_t eligible = 0;
  for (const auto& [capabilities, group] : groups_) eligible += has_all(capabilities, job.needs) ? group.eligible : 0;
  const std::size_t held = workers_.at(id).attempts.size();
  return held >= std::max<std::size_t>(2, (held + job.queue.size() + eligible - 1) / eligible);
}

bool Scheduler::State::has_proven_worker(Capabilities needs) const {
  return std::ranges::any_of(
      groups_, [needs](const auto& entry) { return has_all(entry.first, needs) && entry.second.proven > 0; });
}

bool Scheduler::State::reserves_for_master(const Job& job) const {
  // While workers apply kept strips. No worker keeps the strips in the queue.
  return options_.local_saves_transfers && job.stage == Stage::apply &&
         job.count_in(StripState::kept) + job.applying_kept > 0;
}

bool Scheduler::State::prefers_master(const Job& job) const {
  if (job.stage != Stage::map) return reserves_for_master(job);
  if (!options_.local_saves_transfers || !job.has_apply) return false;
  // While the workers' free memory is less than what is left to count.
  std::uint64_t keep_bytes = 0, keep_free = 0;
  for (const auto& [capabilities, group] : groups_) {
    if (!has_all(capabilities, job.needs)) continue;
    keep_bytes += group.keep_bytes;
    keep_free += group.keep_free;
  }
  const std::uint64_t to_count = job.bytes_in(StripState::unread) + job.bytes_in(StripState::waiting);
  return keep_bytes > 0 && to_count > keep_free;
}

}  // namespace ece465::mapreduce
