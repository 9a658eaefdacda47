#include "dispatch/coordinator.hpp"

#include <cassert>
#include <utility>

namespace ece465::cluster {

using namespace mapreduce;

namespace {

constexpr std::size_t kMaxRememberedNames = 4096;

}  // namespace

Coordinator::Coordinator(asio::io_context& context, const SchedulerOptions& options)
    : scheduler_(options), timer_(context) {}

WorkerId Coordinator::join(std::shared_ptr<WorkerLink> link, const WorkerSpec& spec) {
  const WorkerId id{++last_worker_};
  names_.emplace(id, link->id());
  if (names_.size() > kMaxRememberedNames) names_.erase(names_.begin());
  links_.emplace(id, std::move(link));
  feed(WorkerJoined{id, spec});
  return id;
}

void Coordinator::leaving(WorkerId worker) { feed(WorkerLeaving{worker}); }

void Coordinator::lost(WorkerId worker) {
  if (links_.erase(worker) > 0) notify_worker_lost(worker);
  feed(WorkerLost{worker});
}

void Coordinator::heard(WorkerId worker) { feed(WorkerHeard{worker}); }

void Coordinator::answered(WorkerId worker, AttemptId attempt, Outcome outcome, Answer answer) {
  if (outcome != Outcome::good && outcome != Outcome::dropped) {
    for (const auto& [job, handler] : handlers_) handler->on_failed(attempt, outcome);
  }
  feed(Answered{worker, attempt, outcome}, std::move(answer));
}

JobId Coordinator::submit(std::shared_ptr<JobHandler> handler, JobSpec spec) {
  const JobId id{++last_job_};
  handlers_.emplace(id, std::move(handler));
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

void Coordinator::notify_worker_lost(WorkerId worker) const {
  for (const auto& [job, handler] : handlers_) handler->on_worker_lost(name_of(worker));
}

void Coordinator::stop() { timer_.cancel(); }

void Coordinator::feed(Event event, Answer answer) {
  pending_.push_back({std::move(event), std::move(answer)});
  if (std::exchange(stepping_, true)) return;
  while (!pending_.empty()) {
    PendingEvent next = std::move(pending_.front());
    pending_.pop_front();
    current_answer_ = &next.answer;
    for (const Action& action : scheduler_.step(next.event, std::chrono::steady_clock::now())) {
      std::visit([this](const auto& what) { perform(what); }, action);
    }
    current_answer_ = nullptr;
  }
  stepping_ = false;
}

WorkerLink* Coordinator::link(WorkerId worker) const {
  const auto at = links_.find(worker);
  return at == links_.end() ? nullptr : at->second.get();
}

void Coordinator::perform(const Send& action) {
  auto* const to = link(action.worker);
  if (to == nullptr) return;  // lost; the scheduler learns of it from an event that is already pending
  const auto handler = handlers_.at(action.task.job);
  handler->on_assigned(action.attempt, action.task.strip, action.worker, action.from.has_value());
  to->send(action, handler);
}

void Coordinator::perform(const RunLocally& action) {
  const auto handler = handlers_.at(action.task.job);
  handler->on_assigned(action.attempt, action.task.strip, kMaster, false);
  handler->run_locally(action.attempt, action.task.strip, action.phase);
}

void Coordinator::perform(const Drop& action) {
  if (auto* const to = link(action.worker)) to->drop(action.attempt);  // the master's own attempts just finish
}

void Coordinator::perform(const Accept& action) {
  assert(current_answer_ != nullptr);
  handlers_.at(action.task.job)->accept(action.task.strip, action.phase, action.worker, std::move(*current_answer_));
}

void Coordinator::perform(const Ping& action) {
  if (auto* const to = link(action.worker)) to->ping();
}

void Coordinator::perform(const CloseWorker& action) {
  const auto at = links_.find(action.worker);
  if (at == links_.end()) return;
  const auto closing = std::move(at->second);
  links_.erase(at);
  notify_worker_lost(action.worker);
  closing->close(action.reason);
}

void Coordinator::perform(const PhaseDone& action) { handlers_.at(action.job)->phase_done(action.phase); }

void Coordinator::perform(const JobDone& action) {
  const auto handler = handlers_.at(action.job);
  handlers_.erase(action.job);
  handler->done(action.outcome, action.report);
}

void Coordinator::perform(const SetTimer& action) {
  timer_.expires_at(action.at);
  timer_.async_wait([this](const asio::error_code& code) {
    if (!code) feed(TimePassed{});
  });
}

}  // namespace ece465::cluster
