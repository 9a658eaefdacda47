#include "dispatch/coordinator.hpp"

#include <cassert>
#include <utility>

namespace ece465::cluster {

using namespace mapreduce;

namespace {

constexpr std::size_t kNamesKept = 4096;

}  // namespace

Coordinator::Coordinator(asio::io_context& context, const SchedulerOptions& options)
    : scheduler_(options), timer_(context) {}

WorkerId Coordinator::join(std::shared_ptr<WorkerLink> link, const WorkerSpec& spec) {
  const WorkerId id{++last_worker_};
  names_.emplace(id, link->id());
  if (names_.size() > kNamesKept) names_.erase(names_.begin());
  links_.emplace(id, std::move(link));
  feed(WorkerJoined{id, spec});
  return id;
}

void Coordinator::leaving(WorkerId worker) { feed(WorkerLeaving{worker}); }

void Coordinator::lost(WorkerId worker) {
  if (links_.erase(worker) > 0) tell_gone(worker);
  feed(WorkerLost{worker});
}

void Coordinator::heard(WorkerId worker) { feed(WorkerHeard{worker}); }

void Coordinator::answered(WorkerId worker, AttemptId attempt, Outcome outcome, Answer answer) {
  if (outcome != Outcome::good && outcome != Outcome::dropped) {
    for (const auto& [job, work] : pages_) work->missed(attempt, outcome);
  }
  feed(Answered{worker, attempt, outcome}, std::move(answer));
}

JobId Coordinator::submit(std::shared_ptr<JobHandler> page, JobSpec spec) {
  const JobId id{++last_job_};
  pages_.emplace(id, std::move(page));
  feed(JobSubmitted{id, std::move(spec)});
  return id;
}

void Coordinator::ready(JobId job, std::uint32_t strips) { feed(StripsReady{job, strips}); }
void Coordinator::added(JobId job, std::vector<std::uint64_t> strip_bytes, bool last) {
  feed(StripsAdded{job, std::move(strip_bytes), last});
}
void Coordinator::table_ready(JobId job) { feed(TableReady{job}); }
void Coordinator::cancel(JobId job) { feed(JobCancelled{job}); }

std::string Coordinator::name_of(WorkerId worker) const {
  if (worker == kMaster) return "master";
  const auto at = names_.find(worker);
  return at == names_.end() ? fmt::format("worker {}", worker.value) : at->second;
}

void Coordinator::tell_gone(WorkerId worker) const {
  for (const auto& [job, work] : pages_) work->on_worker_lost(name_of(worker));
}

void Coordinator::stop() { timer_.cancel(); }

void Coordinator::feed(Event event, Answer answer) {
  happenings_.push_back({std::move(event), std::move(answer)});
  if (std::exchange(stepping_, true)) return;
  while (!happenings_.empty()) {
    PendingEvent now = std::move(happenings_.front());
    happenings_.pop_front();
    current_answer_ = &now.answer;
    for (const Action& action : scheduler_.step(now.event, std::chrono::steady_clock::now())) {
      std::visit([this](const auto& what) { carry_out(what); }, action);
    }
    current_answer_ = nullptr;
  }
  stepping_ = false;
}

WorkerLink* Coordinator::link(WorkerId worker) const {
  const auto at = links_.find(worker);
  return at == links_.end() ? nullptr : at->second.get();
}

std::shared_ptr<JobHandler> Coordinator::page(JobId job) const {
  const auto at = pages_.find(job);
  return at == pages_.end() ? nullptr : at->second;
}

void Coordinator::carry_out(const Send& action) {
  // A worker that was lost meanwhile has no link; the event that tells the scheduler is on its way.
  auto* const to = link(action.worker);
  const auto work = page(action.task.job);
  assert(work != nullptr);
  if (to == nullptr) return;
  work->handed_out(action.attempt, action.task.strip, action.worker, action.from.has_value());
  to->send(action, work);
}

void Coordinator::carry_out(const RunLocally& action) {
  const auto work = page(action.task.job);
  work->handed_out(action.attempt, action.task.strip, kMaster, false);
  work->run_locally(action.attempt, action.task.strip, action.phase);
}

void Coordinator::carry_out(const Drop& action) {
  if (auto* const to = link(action.worker)) to->drop(action.attempt);  // the master's own attempts just end
}

void Coordinator::carry_out(const Accept& action) {
  assert(current_answer_ != nullptr);
  page(action.task.job)->accept(action.task.strip, action.phase, action.worker, std::move(*current_answer_));
}

void Coordinator::carry_out(const Ping& action) {
  if (auto* const to = link(action.worker)) to->ping();
}

void Coordinator::carry_out(const CloseWorker& action) {
  const auto at = links_.find(action.worker);
  if (at == links_.end()) return;
  const auto closing = std::move(at->second);
  links_.erase(at);
  tell_gone(action.worker);
  closing->close(action.reason);
}

void Coordinator::carry_out(const PhaseDone& action) { page(action.job)->phase_done(action.phase); }

void Coordinator::carry_out(const JobDone& action) {
  const auto work = page(action.job);
  pages_.erase(action.job);
  work->done(action.outcome, action.report);
}

void Coordinator::carry_out(const SetTimer& action) {
  timer_.expires_at(action.at);
  timer_.async_wait([this](const asio::error_code& code) {
    if (!code) feed(TimePassed{});
  });
}

}  // namespace ece465::cluster
