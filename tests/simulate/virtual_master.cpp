#include "virtual_master.hpp"

#include <fmt/format.h>

#include <utility>

#include "describe.hpp"

namespace ece465::simulate {

using namespace mapreduce;

VirtualMaster::VirtualMaster(const Scenario& scenario, Dependencies dependencies)
    : scenario_(scenario),
      deps_(std::move(dependencies)),
      scheduler_(scenario.options),
      auditor_(scenario.options),
      jobs_to_come_(scenario.jobs.size()) {
  for (std::size_t i = 0; i < scenario.jobs.size(); ++i) {
    const JobPlan& plan = scenario.jobs[i];
    const JobId id{i + 1};
    deps_.timeline->at(plan.arrives, [this, id, &plan] { submit(id, plan); });
    if (plan.cancelled) deps_.timeline->at(*plan.cancelled, [this, id] { step(JobCancelled{id}); });
  }
}

void VirtualMaster::step(const Event& event) {
  ++steps_;
  if (timer_ && *timer_ <= deps_.timeline->now()) timer_.reset();
  if (deps_.log) deps_.log(describe(event));
  auditor_.observe(event, deps_.timeline->now());
  const auto actions = scheduler_.step(event, deps_.timeline->now());
  auditor_.observe(actions);
  for (const Action& action : actions) {
    if (deps_.log) deps_.log("    " + describe(action));
    std::visit([this](const auto& what) { perform(what); }, action);
  }
  if (auditor_.open_remote_attempts() > 0 && !timer_)
    auditor_.report("workers have open attempts, but no timer is set");
  // After every step. Only now and then in large clusters, where it takes long.
  const std::uint64_t size = scenario_.workers.size() + auditor_.open_attempts();
  if (size < 60 || steps_ % size == 0) {
    if (const auto valid = scheduler_.check_invariants(); !valid) auditor_.report(valid.error().text());
  }
}

// --- Workers ---

void VirtualMaster::worker_joined(WorkerId worker, const WorkerSpec& spec) { step(WorkerJoined{worker, spec}); }
void VirtualMaster::worker_lost(WorkerId worker) { step(WorkerLost{worker}); }

void VirtualMaster::receive(WorkerId from, const ToMaster& message) {
  if (const auto* answer = std::get_if<Answer>(&message)) {
    Answered event{.worker = from, .attempt = answer->attempt, .outcome = answer->outcome};
    const auto asked = asked_.find(answer->attempt);
    if (event.outcome == Outcome::good && asked != asked_.end()) {
      const TaskId task = tasks_.at(answer->attempt);
      const auto job = jobs_.find(task.job);
      // For a job that has ended the expected size is no longer known.
      if (job != jobs_.end() &&
          !plausible(answer->result, asked->second, job->second.pixels.strip(task.strip)->size())) {
        event.outcome = Outcome::invalid_result;
      }
    }
    current_answer_ = &answer->result;
    step(event);
    current_answer_ = nullptr;
  } else if (std::holds_alternative<Bye>(message)) {
    step(WorkerLeaving{from});
  } else {
    step(WorkerHeard{from});
  }
}

void VirtualMaster::perform(const Send& action) {
  const Job& job = jobs_.at(action.task.job);
  asked_[action.attempt] = action.phase;
  tasks_[action.attempt] = action.task;
  deps_.send(action.worker, Request{.attempt = action.attempt,
                                    .task = action.task,
                                    .phase = action.phase,
                                    .keep = action.keep,
                                    .from = action.from,
                                    .bytes = job.plan->strip_bytes[action.task.strip],
                                    .bits = job.pixels.bits(),
                                    .crashes_worker = job.plan->crashing_strip == action.task.strip,
                                    .samples = action.from ? nullptr : job.pixels.strip(action.task.strip),
                                    .table = action.phase == Phase::apply ? job.table : nullptr});
}

void VirtualMaster::perform(const Drop& action) {
  if (action.worker != kMaster) deps_.send(action.worker, DropRequest{action.attempt});
}
void VirtualMaster::perform(const Ping& action) { deps_.send(action.worker, PingRequest{}); }
void VirtualMaster::perform(const CloseWorker& action) { deps_.hang_up(action.worker, action.reason); }

void VirtualMaster::perform(const SetTimer& action) {
  timer_ = action.at;
  deps_.timeline->at(action.at, [this, at = action.at] {
    if (timer_ == at) step(TimePassed{});
  });
}

// --- Jobs ---

void VirtualMaster::submit(JobId id, const JobPlan& plan) {
  --jobs_to_come_;
  const auto strips = static_cast<std::uint32_t>(plan.strip_bytes.size());
  Job job{.plan = &plan,
          .pixels = VirtualImage(plan, scenario_.seed * 1000 + id.value),
          .histogram = image::Histogram(plan.bits),
          .table = nullptr,
          .result = std::vector<Samples>(strips),
          .ready = plan.decoding == Duration{} ? strips : 0,
          .open = false};
  JobSpec spec{.strip_bytes = plan.strip_bytes, .ready = job.ready, .apply = plan.apply, .needs = plan.needs};
  // A map-only job that is read gradually is a text: its number of strips is unknown until its end.
  job.open = spec.open = !plan.apply && job.ready < strips;
  if (spec.open) spec.strip_bytes.clear();
  jobs_.emplace(id, std::move(job));
  step(JobSubmitted{id, std::move(spec)});
  decode_more(id);
}

void VirtualMaster::decode_more(JobId id) {
  const auto at = jobs_.find(id);
  if (at == jobs_.end() || at->second.ready == at->second.plan->strip_bytes.size()) return;
  deps_.timeline->in(at->second.plan->decoding, [this, id] {
    const auto job = jobs_.find(id);
    if (job == jobs_.end()) return;
    const auto& strips = job->second.plan->strip_bytes;
    const std::uint32_t ready = ++job->second.ready;
    if (job->second.open) {
      // The end is announced with the last strip, or separately.
      const bool separate_end = id.value % 2 == 0;
      step(StripsAdded{id, {strips[ready - 1]}, ready == strips.size() && !separate_end});
      if (ready == strips.size() && separate_end) step(StripsAdded{id, {}, true});
    } else {
      step(StripsReady{id, ready});
    }
    decode_more(id);
  });
}

void VirtualMaster::perform(const RunLocally& action) {
  const Job& job = jobs_.at(action.task.job);
  auto result = std::make_shared<Result>();
  const auto& samples = *job.pixels.strip(action.task.strip);
  if (action.phase == Phase::map) {
    result->histogram = count(samples, job.pixels.bits());
  } else {
    result->samples = map(samples, *job.table);
  }
  const bool unreadable_strip = job.plan->unreadable_strip == action.task.strip;
  const auto bytes = static_cast<double>(job.plan->strip_bytes[action.task.strip]);
  deps_.timeline->in(seconds(bytes / scenario_.master_bytes_per_second), [this, action, result, unreadable_strip] {
    current_answer_ = result.get();
    step(Answered{
        .worker = kMaster, .attempt = action.attempt, .outcome = unreadable_strip ? Outcome::failed : Outcome::good});
    current_answer_ = nullptr;
  });
}

void VirtualMaster::perform(const Accept& action) {
  Job& job = jobs_.at(action.task.job);
  if (current_answer_ == nullptr) return auditor_.report("there is no answer to merge");
  if (action.phase == Phase::map) {
    job.histogram += *current_answer_->histogram;
  } else {
    job.result[action.task.strip] = current_answer_->samples;
  }
}

void VirtualMaster::perform(const PhaseDone& action) {
  Job& job = jobs_.at(action.job);
  if (action.phase != Phase::map || !job.plan->apply) return;
  job.table = std::make_shared<const image::Table>(image::equalization_table(job.histogram));
  deps_.timeline->in(job.plan->reducing, [this, id = action.job] {
    if (jobs_.contains(id)) step(TableReady{id});
  });
}

void VirtualMaster::perform(const JobDone& action) {
  const auto at = jobs_.find(action.job);
  if (at == jobs_.end()) return;
  if (action.outcome == JobOutcome::finished) check_result(at->second);
  if (action.outcome == JobOutcome::failed && !at->second.plan->unreadable_strip) auditor_.report("a job failed");
  if (action.outcome == JobOutcome::cancelled && !at->second.plan->cancelled) auditor_.report("a job was cancelled");
  JobResult result{.job = action.job,
                   .outcome = action.outcome,
                   .report = action.report,
                   .took = deps_.timeline->now() - at->second.plan->arrives};
  jobs_.erase(at);
  for (const auto& [id, job] : jobs_) {
    result.min_progress_of_others = std::min(result.min_progress_of_others, auditor_.progress(id));
  }
  results_.push_back(std::move(result));
}

void VirtualMaster::check_result(const Job& job) {
  if (job.histogram != job.pixels.histogram()) auditor_.report("the histogram differs from that of one machine");
  if (job.plan->apply && job.result != job.pixels.equalized()) {
    auditor_.report("the result differs from that of one machine");
  }
}

}  // namespace ece465::simulate
