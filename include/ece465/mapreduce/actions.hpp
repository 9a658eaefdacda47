#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include "ece465/mapreduce/types.hpp"

/// What the scheduler asks for. The caller performs actions in order. None of them fails immediately: failures are
/// reported later, as events.

namespace ece465::mapreduce {

/// Send a strip to a worker. Map: with its pixels. Apply: with the table, and also with the pixels unless `from`
/// names the map attempt under which this worker kept them. The worker maps kept pixels in place and then forgets them.
struct Send {
  WorkerId worker;
  AttemptId attempt;
  TaskId task;
  Phase phase = Phase::map;
  bool keep = false;
  std::optional<AttemptId> from;
};
/// Process a strip here, on a thread of the master. The outcome is reported as Answered by `kMaster`.
struct RunLocally {
  AttemptId attempt;
  TaskId task;
  Phase phase = Phase::map;
};
/// Tell a worker (or `kMaster`) to forget an attempt: do not start it, or free the pixels kept for it. Only sent to
/// workers that support it. A request that is still open is answered anyway, see Answered.
struct Drop {
  WorkerId worker;
  AttemptId attempt;
};
/// The answer just reported is the first good one of its strip: merge it. Without this action the caller discards the
/// answer. Issued exactly once per strip and phase.
struct Accept {
  AttemptId attempt;
  TaskId task;
  Phase phase = Phase::map;
  WorkerId worker;
};
/// Ask a worker for a sign of life.
struct Ping {
  WorkerId worker;
};

enum class CloseReason : std::uint8_t {
  left,             ///< it said BYE and has finished
  silent,           ///< nothing was received for several heartbeats
  overdue,          ///< a request stayed unanswered far beyond its deadline
  invalid_results,  ///< too many invalid answers
  failing,          ///< too many failures in a row
};
/// Close a worker's connection. The scheduler has already removed the worker.
struct CloseWorker {
  WorkerId worker;
  CloseReason reason = CloseReason::left;
};

/// Every strip of the phase is merged. After `map` of a job with an apply phase: reduce, then send TableReady.
struct PhaseDone {
  JobId job;
  Phase phase = Phase::map;
};

enum class JobOutcome : std::uint8_t { finished, cancelled, failed };
/// Statistics of a job.
struct JobReport {
  /// One worker's contribution: answers that were merged.
  struct Share {
    std::uint64_t strips = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t attempts = 0;         ///< in all phases
  std::uint64_t failed_attempts = 0;  ///< lost, late, failed or invalid
  std::uint64_t invalid_results = 0;  ///< of these, the invalid ones
  std::uint64_t duplicates = 0;       ///< second attempts at slow strips
  std::uint64_t stolen = 0;           ///< kept strips moved to another worker to balance the load
  std::uint64_t bytes_sent = 0;       ///< pixels sent to workers
  std::uint64_t bytes_spared = 0;     ///< pixels not sent because the worker had kept them
  std::map<WorkerId, Share> shares;
};
/// The job has ended and the scheduler has removed it. If `finished`, its results are complete.
struct JobDone {
  JobId job;
  JobOutcome outcome = JobOutcome::finished;
  JobReport report;
};

/// Send TimePassed at `at`. Replaces the previous timer.
struct SetTimer {
  Time at;
};

using Action = std::variant<Send, RunLocally, Drop, Accept, Ping, CloseWorker, PhaseDone, JobDone, SetTimer>;

}  // namespace ece465::mapreduce
