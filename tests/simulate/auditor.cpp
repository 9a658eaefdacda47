#include "auditor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "describe.hpp"

namespace ece465::simulate {

using namespace mapreduce;

namespace {

std::size_t index(Phase phase) { return std::to_underlying(phase); }

}  // namespace

void Auditor::observe(const Event& event, Time now) {
  now_ = now;
  current_answer_.reset();
  must_close_.reset();
  std::visit([this](const auto& what) { on(what); }, event);
}

void Auditor::observe(const std::vector<Action>& actions) {
  for (const Action& action : actions) std::visit([this](const auto& what) { on(what); }, action);
  if (must_close_ && workers_.contains(*must_close_)) report("a worker has left, but is not closed");
  check_progress();
}

double Auditor::progress(JobId job) const {
  const Job& it = jobs_.at(job);
  const double phases = it.apply ? 2 : 1;
  return static_cast<double>(it.merged[0] + it.merged[1]) / (phases * static_cast<double>(it.strips.size()));
}

std::optional<AttemptId> Auditor::foreign_attempt(WorkerId worker) const {
  const auto other = std::ranges::find_if(attempts_, [&](const auto& entry) { return entry.second.worker != worker; });
  return other == attempts_.end() ? std::nullopt : std::optional(other->first);
}

// --- Events ---

void Auditor::on(const WorkerJoined& event) {
  Worker& worker = workers_[event.worker];
  worker.spec = event.spec;
  worker.heard = now_;
}

void Auditor::on(const WorkerLeaving& event) {
  const auto at = workers_.find(event.worker);
  if (at == workers_.end()) return;
  at->second.leaving = true;
  if (at->second.open.empty()) must_close_ = event.worker;
}

void Auditor::on(const WorkerHeard& event) {
  if (const auto at = workers_.find(event.worker); at != workers_.end()) at->second.heard = now_;
}

void Auditor::on(const Answered& event) {
  const auto at = attempts_.find(event.attempt);
  if (at == attempts_.end() || at->second.worker != event.worker) return;
  const Attempt attempt = at->second;
  attempts_.erase(at);
  if (event.outcome == Outcome::good) current_answer_ = {event.attempt, attempt};
  if (event.worker == kMaster) {
    --open_local_;
    return;
  }
  Worker& worker = workers_.at(event.worker);
  worker.open.erase(event.attempt);
  worker.bytes_open -= attempt.bytes;
  worker.heard = now_;
  if (worker.leaving && worker.open.empty()) must_close_ = event.worker;
  if (event.outcome == Outcome::good && attempt.keep) worker.kept[event.attempt] = attempt.task;
}

void Auditor::on(const JobSubmitted& event) {
  Job& job = jobs_[event.job];
  job.apply = event.spec.apply;
  job.needs = event.spec.needs;
  job.ready = event.spec.ready;
  job.open = event.spec.open;
  for (const auto bytes : event.spec.strip_bytes) job.strips.push_back({.merged = {}, .bytes = bytes});
  ++open_jobs_;
}

void Auditor::on(const StripsReady& event) { jobs_.at(event.job).ready = event.ready; }
void Auditor::on(const StripsAdded& event) {
  Job& job = jobs_.at(event.job);
  for (const auto bytes : event.strip_bytes) job.strips.push_back({.merged = {}, .bytes = bytes});
  job.ready = static_cast<std::uint32_t>(job.strips.size());
  job.open = !event.last;
}
void Auditor::on(const TableReady& event) { jobs_.at(event.job).table = true; }

// --- Actions ---

void Auditor::start(AttemptId id, const Attempt& attempt) {
  if (id <= newest_) report(fmt::format("attempt {} is not new", id.value));
  newest_ = id;
  attempts_[id] = attempt;
  const auto job = jobs_.find(attempt.task.job);
  if (job == jobs_.end() || job->second.done) return report("work for a job that has ended or never existed");
  if (attempt.task.strip >= job->second.ready) report(describe(attempt.task) + " is sent before it can be read");
  if (job->second.strips[attempt.task.strip].merged[index(attempt.phase)]) {
    report(describe(attempt.task) + " is merged, but sent again");
  }
  if (attempt.phase == Phase::apply && !job->second.table) report("a strip is applied before the table is ready");
}

void Auditor::on(const Send& action) {
  const auto at = workers_.find(action.worker);
  if (at == workers_.end()) return report(fmt::format("work for worker {}, which was removed", action.worker.value));
  Worker& worker = at->second;
  const std::uint64_t bytes = jobs_.at(action.task.job).strips.at(action.task.strip).bytes;
  start(action.attempt, {action.worker, action.task, action.phase, action.keep, bytes});
  if (worker.leaving) report("work for a worker that said BYE");
  if ((jobs_.at(action.task.job).needs & ~worker.spec.capabilities) != 0)
    report("work for a worker without the capabilities");
  worker.open.insert(action.attempt);
  worker.bytes_open += bytes;
  if (worker.open.size() > worker.spec.max_tasks) report("more requests than the worker allows");
  if (worker.open.size() > 1 && worker.bytes_open > worker.spec.credit_bytes) report("more bytes than the credit");
  if (!action.from) return;
  const auto kept = worker.kept.find(*action.from);
  if (kept == worker.kept.end() || kept->second != action.task) {
    report(fmt::format("worker {} does not keep {}", action.worker.value, describe(action.task)));
  } else {
    worker.kept.erase(kept);
  }
}

void Auditor::on(const RunLocally& action) {
  ++open_local_;
  start(action.attempt, {kMaster, action.task, action.phase, false, 0});
}

void Auditor::on(const Drop& action) {
  if (action.worker == kMaster) return;
  const auto at = workers_.find(action.worker);
  if (at == workers_.end()) return report("a drop for a worker that was removed");
  if (!at->second.spec.supports_drop) report("a drop for a worker that does not support it");
  at->second.kept.erase(action.attempt);
}

void Auditor::on(const Accept& action) {
  if (!current_answer_ || current_answer_->first != action.attempt)
    return report("an answer is merged that is not the current one");
  const Attempt& attempt = current_answer_->second;
  if (attempt.task != action.task || attempt.phase != action.phase || attempt.worker != action.worker) {
    report("an answer is merged as the answer to another request");
  }
  Job& job = jobs_.at(action.task.job);
  if (job.done) report("a strip is merged into a job that has ended");
  bool& merged = job.strips[action.task.strip].merged[index(action.phase)];
  if (std::exchange(merged, true)) report(describe(action.task) + " is merged twice");
  ++job.merged[index(action.phase)];
}

void Auditor::on(const Ping& action) {
  const auto at = workers_.find(action.worker);
  if (at == workers_.end() || !at->second.spec.heartbeat) return report("a ping for a worker without a heartbeat");
  if (now_ - at->second.heard > (options_.max_missed_heartbeats + 1) * options_.heartbeat) {
    report("a worker is pinged although it must be closed as silent");
  }
}

void Auditor::on(const CloseWorker& action) {
  if (!workers_.contains(action.worker)) report("a worker is closed twice");
  if (action.reason == CloseReason::left && !workers_[action.worker].open.empty()) {
    report("a leaving worker is closed before it has finished");
  }
  forget(action.worker);
}

void Auditor::on(const PhaseDone& action) {
  Job& job = jobs_.at(action.job);
  if (std::exchange(job.phase_done[index(action.phase)], true)) report("a phase ends twice");
  if (job.open) report("a phase ends, but strips may still be added");
  if (job.merged[index(action.phase)] != job.strips.size()) report("a phase ends before all its strips are merged");
}

void Auditor::on(const JobDone& action) {
  Job& job = jobs_.at(action.job);
  if (std::exchange(job.done, true)) return report("a job ends twice");
  --open_jobs_;
  if (action.outcome != JobOutcome::finished) return;
  const bool all = job.merged[0] == job.strips.size() && (!job.apply || job.merged[1] == job.strips.size());
  if (!all) report("a job finishes before all its strips are merged");
}

void Auditor::forget(WorkerId id) {
  const auto at = workers_.find(id);
  if (at == workers_.end()) return;
  for (const AttemptId attempt : at->second.open) attempts_.erase(attempt);
  workers_.erase(at);
}

void Auditor::check_progress() {
  if (!attempts_.empty()) return;
  for (const auto& [id, job] : jobs_) {
    if (job.done || job.merged[0] == job.ready) {
      const bool applying = !job.done && job.table && job.merged[1] < job.strips.size();
      if (!applying) continue;
    }
    report(fmt::format("deadlock: nothing is running, and job {} waits", id.value));
  }
}

}  // namespace ece465::simulate
