#include "describe.hpp"

#include <fmt/format.h>

namespace ece465::simulate {

using namespace mapreduce;

namespace {

std::string name(WorkerId id) { return id == kMaster ? "the master" : fmt::format("worker {}", id.value); }
std::string_view name(Phase phase) { return phase == Phase::map ? "map" : "apply"; }

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::good: return "good";
    case Outcome::invalid_result: return "invalid result";
    case Outcome::failed: return "failed";
    case Outcome::dropped: return "dropped";
    case Outcome::not_kept: return "strip not kept";
  }
  return "?";
}

std::string_view name(CloseReason reason) {
  switch (reason) {
    case CloseReason::left: return "left";
    case CloseReason::silent: return "silent";
    case CloseReason::overdue: return "overdue";
    case CloseReason::invalid_results: return "too many invalid results";
    case CloseReason::failing: return "failing";
  }
  return "?";
}

std::string_view name(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::finished: return "finished";
    case JobOutcome::cancelled: return "cancelled";
    case JobOutcome::failed: return "failed";
  }
  return "?";
}

struct Describer {
  std::string operator()(const WorkerJoined& e) const {
    return fmt::format("{} joins: credit {} bytes, {} tasks, memory for {} bytes of kept strips", name(e.worker),
                       e.spec.credit_bytes, e.spec.max_tasks, e.spec.keep_bytes);
  }
  std::string operator()(const WorkerLeaving& e) const { return name(e.worker) + " says BYE"; }
  std::string operator()(const WorkerLost& e) const { return name(e.worker) + " is lost"; }
  std::string operator()(const WorkerHeard& e) const { return name(e.worker) + " shows a sign of life"; }
  std::string operator()(const Answered& e) const {
    return fmt::format("{} answers attempt {}: {}", name(e.worker), e.attempt.value, name(e.outcome));
  }
  std::string operator()(const JobSubmitted& e) const {
    return fmt::format("job {} arrives: {} strips, {} readable, {}", e.job.value, e.spec.strip_bytes.size(),
                       e.spec.ready,
                       e.spec.apply  ? "map and apply"
                       : e.spec.open ? "open"
                                     : "map only");
  }
  std::string operator()(const StripsReady& e) const {
    return fmt::format("job {}: {} strips readable", e.job.value, e.ready);
  }
  std::string operator()(const StripsAdded& e) const {
    return fmt::format("job {}: {} more strips{}", e.job.value, e.strip_bytes.size(), e.last ? ", the last ones" : "");
  }
  std::string operator()(const TableReady& e) const { return fmt::format("job {}: table ready", e.job.value); }
  std::string operator()(const JobCancelled& e) const { return fmt::format("job {} is cancelled", e.job.value); }
  std::string operator()(const TimePassed&) const { return "time passes"; }

  std::string operator()(const Send& a) const {
    const std::string how = a.from   ? fmt::format(" from the strip kept as attempt {}", a.from->value)
                            : a.keep ? ", to keep"
                                     : "";
    return fmt::format("send {} to {}: attempt {}, {}{}", describe(a.task), name(a.worker), a.attempt.value,
                       name(a.phase), how);
  }
  std::string operator()(const RunLocally& a) const {
    return fmt::format("run {} here: attempt {}, {}", describe(a.task), a.attempt.value, name(a.phase));
  }
  std::string operator()(const Drop& a) const {
    return fmt::format("drop attempt {} at {}", a.attempt.value, name(a.worker));
  }
  std::string operator()(const Accept& a) const {
    return fmt::format("merge {} ({})", describe(a.task), name(a.phase));
  }
  std::string operator()(const Ping& a) const { return "ping " + name(a.worker); }
  std::string operator()(const CloseWorker& a) const {
    return fmt::format("close {}: {}", name(a.worker), name(a.reason));
  }
  std::string operator()(const PhaseDone& a) const {
    return fmt::format("job {}: {} done", a.job.value, name(a.phase));
  }
  std::string operator()(const JobDone& a) const { return fmt::format("job {} {}", a.job.value, name(a.outcome)); }
  std::string operator()(const SetTimer& a) const {
    return fmt::format("set the timer to {:.6f}", std::chrono::duration<double>(a.at.time_since_epoch()).count());
  }
};

}  // namespace

std::string describe(TaskId task) { return fmt::format("job {} strip {}", task.job.value, task.strip); }

std::string describe(const Event& event) { return std::visit(Describer{}, event); }
std::string describe(const Action& action) { return std::visit(Describer{}, action); }

}  // namespace ece465::simulate
