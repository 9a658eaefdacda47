#include <algorithm>
#include <iterator>

#include "state.hpp"

/// Who gets what next. After every event, in this order:
///
///   1. Workers apply what they have kept: only a table travels, and it frees their memory.
///   2. The master takes the strips that nobody else managed.
///   3. What waits goes to the worker that will be done with it first; of several jobs, the one that had least.
///   4. When nothing waits, idle workers take over kept strips from those that are far behind,
///   5. and try again what takes much longer than usual. Whoever answers first wins.

namespace ece465::mapreduce {

void Scheduler::State::hand_out_work() {
  hand_out_kept();
  hand_out_last_resort();
  hand_out_waiting();
  balance_kept();
  for (auto& [needs, trade] : trades_) speculate(trade);
}

void Scheduler::State::hand_out_kept() {
  while (credit_left() && !keepers_.empty()) {
    const WorkerId keeper = *keepers_.begin();
    start(*workers_.at(keeper).kept_waiting.begin(), keeper, true);
  }
}

void Scheduler::State::hand_out_last_resort() {
  while (!last_resort_.empty() && may_take(workers_.at(kMaster))) start(*last_resort_.begin(), kMaster);
}

void Scheduler::State::hand_out_waiting() {
  while (true) {
    // Of every trade's hungriest job the one that has had least, if somebody can take a strip of it.
    std::optional<Ranking<JobId, std::uint64_t>::Entry> next;
    WorkerId taker;
    for (const auto& [needs, trade] : trades_) {
      const auto hungriest = trade.hungry.first();
      if (!hungriest || (next && *next < *hungriest)) continue;
      if (const auto able = next_taker(needs)) {
        next = hungriest;
        taker = *able;
      }
    }
    if (!next) return;
    start({next->key, *jobs_.at(next->key).queue.begin()}, taker);
  }
}

void Scheduler::State::balance_kept() {
  while (const auto slowest = backlogs_.last()) {
    const TaskId task = *std::prev(workers_.at(slowest->key).kept_waiting.end());
    Job& job = jobs_.at(task.job);
    const auto taker = idle_besides(slowest->key, job.needs);
    if (!taker || !trade_of(job).hungry.empty()) return;
    const Duration gain = slowest->rank - expected(workers_.at(*taker), strip_of(task).bytes);
    if (gain < options_.worthwhile) return;
    ++job.report.stolen;
    start(task, *taker);
  }
}

void Scheduler::State::speculate(Trade& trade) {
  if (!trade.hungry.empty()) return;
  while (const auto suspect = trade.suspects.first()) {
    if (suspect->rank > now_) return;
    const Attempt& attempt = attempts_.at(suspect->key);
    Job& job = jobs_.at(attempt.task.job);
    const auto taker = idle_besides(attempt.worker, job.needs);
    if (!taker) return;
    ++job.report.duplicates;
    start(attempt.task, *taker);  // and neither is a suspect any more
  }
}

std::optional<WorkerId> Scheduler::State::next_taker(Skills needs) const {
  if (const auto best = best_taker(needs, kMaster)) return best;
  // Until one worker has proved that it works, the master does not wait for any.
  const bool master_may = options_.local_helps || !anyone_usable(needs);
  if (master_may && may_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::idle_besides(WorkerId busy, Skills needs) const {
  if (const auto best = best_taker(needs, busy)) return best;
  if (busy != kMaster && may_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::best_taker(Skills needs, WorkerId besides) const {
  std::optional<Ranking<WorkerId, Duration>::Entry> best;
  for (const auto& [skills, crew] : crews_) {
    if ((needs & ~skills) != 0 || !credit_left()) continue;
    const auto first = crew.takers.first_besides(besides);
    if (first && (!best || *first < *best)) best = first;
  }
  return best ? std::optional(best->key) : std::nullopt;
}

bool Scheduler::State::anyone_usable(Skills needs) const {
  return std::ranges::any_of(
      crews_, [needs](const auto& crew) { return (needs & ~crew.first) == 0 && crew.second.usable > 0; });
}

}  // namespace ece465::mapreduce
