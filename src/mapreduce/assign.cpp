#include <algorithm>
#include <utility>

#include "state.hpp"

/// Who gets what next. After every event, in this order:
///
///   1. The master takes the strips that nobody else managed.
///   2. Of the jobs with something to hand out, the one that has had least is next. A worker that keeps strips of it
///      applies one: only the table travels, and it frees the worker's memory. Else a strip from its queue goes to the
///      worker that will be done with it first.
///   3. When nothing waits, idle workers take over kept strips from those that are far behind,
///   4. and try again what takes much longer than usual. Whoever answers first wins.

namespace ece465::mapreduce {

void Scheduler::State::hand_out_work() {
  hand_out_last_resort();
  hand_out_waiting();
  balance_kept();
  for (auto& [needs, trade] : trades_) speculate(trade);
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
      for (auto hungry = trade.hungry.first(); hungry && !(next && *next < *hungry);
           hungry = trade.hungry.after(*hungry)) {
        const Job& job = jobs_.at(hungry->key);
        if (const auto able = next_taker(job)) {
          next = hungry;
          taker = *able;
        } else if (holds_back(job)) {
          continue;  // what it does not give out is no reason for others to wait
        }
        break;
      }
    }
    if (!next) return;
    const Job& job = jobs_.at(next->key);
    const bool kept = job.keepers.contains(taker);
    const auto& strips = kept ? workers_.at(taker).kept_waiting.at(next->key) : job.queue;
    start({next->key, *strips.begin()}, taker, kept);
  }
}

void Scheduler::State::balance_kept() {
  while (const auto slowest = backlogs_.last()) {
    const auto& [id, strips] = *workers_.at(slowest->key).kept_waiting.rbegin();
    const TaskId task{id, *strips.rbegin()};
    Job& job = jobs_.at(id);
    auto taker = idle_besides(slowest->key, job.needs);
    if (!taker || *taker == kMaster) {  // a newcomer may find nothing else to prove itself with
      if (const auto newcomer = best(&WorkerGroup::newcomers, job.needs, slowest->key)) taker = newcomer;
    }
    if (!taker || !trade_of(job).hungry.empty()) return;
    const Duration gain = slowest->rank - expected(workers_.at(*taker), strip_of(task).bytes);
    if (gain < options_.worthwhile) return;
    ++job.report.stolen;
    start(task, *taker);
  }
}

void Scheduler::State::speculate(JobQueue& trade) {
  while (const auto suspect = trade.speculation_candidates.first()) {
    if (suspect->rank > now_ || !trade.hungry.empty()) return;
    const Attempt attempt = attempts_.at(suspect->key);
    const Duration age = now_ - attempt.sent;
    if (const Duration limit = usual_limit(attempt); age < limit) {
      // Look again soon, and ever more rarely: what is usual may have become clearer by then.
      trade.speculation_candidates.put(suspect->key, attempt.sent + std::min(limit, 2 * age));
      continue;
    }
    Job& job = jobs_.at(attempt.task.job);
    const auto taker = idle_besides(attempt.worker, job.needs);
    if (!taker) return;
    ++job.report.duplicates;
    start(attempt.task, *taker);  // and neither is a suspect any more
    if (attempt.worker == kMaster) continue;
    give_up_kept(attempt.worker, true);  // it would wait behind this strip
    hand_out_waiting();
  }
}

std::optional<WorkerId> Scheduler::State::next_taker(const Job& job) const {
  if (!job.keepers.empty() && credit_left()) return *job.keepers.begin();
  if (job.queue.empty()) return std::nullopt;
  if (spares_link(job) && may_take(workers_.at(kMaster))) return kMaster;
  // Nothing is queued behind kept strips that the master would have come to meanwhile.
  const auto proven = best(holds_back(job) ? &WorkerGroup::free_ones : &WorkerGroup::takers, job.needs, kMaster);
  if (proven && !has_enough(*proven, job)) return proven;
  // What the proven ones leave is for who is new: jobs may always be so small that they could do it all.
  if (const auto newcomer = best(&WorkerGroup::newcomers, job.needs, kMaster)) return newcomer;
  if (proven) return std::nullopt;
  // Until one worker has proved that it works, the master does not wait for any.
  const bool master_may = options_.local_helps || !anyone_usable(job.needs);
  if (master_may && may_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::idle_besides(WorkerId busy, Skills needs) const {
  if (const auto worker = best(&WorkerGroup::takers, needs, busy)) return worker;
  if (busy != kMaster && may_take(workers_.at(kMaster))) return kMaster;
  return std::nullopt;
}

std::optional<WorkerId> Scheduler::State::best(Ranking<WorkerId, Duration> WorkerGroup::* group, Skills needs,
                                               WorkerId besides) const {
  std::optional<Ranking<WorkerId, Duration>::Entry> best;
  for (const auto& [skills, crew] : crews_) {
    if ((needs & ~skills) != 0 || !credit_left()) continue;
    const auto first = (crew.*group).first_besides(besides);
    if (first && (!best || *first < *best)) best = first;
  }
  return best ? std::optional(best->key) : std::nullopt;
}

bool Scheduler::State::has_enough(WorkerId id, const Job& job) const {
  // Credit would let the first few that are free take all that is left; the others would be idle to the end. (Guided
  // self-scheduling, Polychronopoulos and Kuck 1987.) Two, because one can be on its way while the other is computed.
  std::size_t crew_size = 0;
  for (const auto& [skills, crew] : crews_) crew_size += (job.needs & ~skills) == 0 ? crew.eligible : 0;
  const std::size_t held = workers_.at(id).attempts.size();
  return held >= std::max<std::size_t>(2, (held + job.queue.size() + crew_size - 1) / crew_size);
}

bool Scheduler::State::anyone_usable(Skills needs) const {
  return std::ranges::any_of(
      crews_, [needs](const auto& crew) { return (needs & ~crew.first) == 0 && crew.second.usable > 0; });
}

bool Scheduler::State::holds_back(const Job& job) const {
  // While workers apply what they kept. What is in the queue is kept by nobody.
  return options_.local_spares_link && job.stage == Stage::apply &&
         job.count[std::to_underlying(StripState::kept)] + job.applying_kept > 0;
}

bool Scheduler::State::spares_link(const Job& job) const {
  if (job.stage != Stage::map) return holds_back(job);
  if (!options_.local_spares_link || !job.has_apply) return false;
  // While workers have less room than there is left to count.
  std::uint64_t keep_bytes = 0, keep_room = 0;
  for (const auto& [skills, crew] : crews_) {
    if ((job.needs & ~skills) != 0) continue;
    keep_bytes += crew.keep_bytes;
    keep_room += crew.keep_room;
  }
  const std::uint64_t to_count =
      job.bytes[std::to_underlying(StripState::unread)] + job.bytes[std::to_underlying(StripState::waiting)];
  return keep_bytes > 0 && to_count > keep_room;
}

}  // namespace ece465::mapreduce
