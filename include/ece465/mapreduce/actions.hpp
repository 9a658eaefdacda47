#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include "ece465/mapreduce/types.hpp"

/// What the scheduler asks for. The caller carries actions out in order; none of them can fail at once:
/// whatever goes wrong comes back as an event.

namespace ece465::mapreduce {

/// Send a strip to a worker. Map: with its pixels. Apply: with the table, and with the pixels too unless `from`
/// names the map attempt under which this worker kept them; it maps them in place and keeps them no longer.
struct Send {
  WorkerId worker;
  AttemptId attempt;
  TaskId task;
  Phase phase = Phase::map;
  bool keep = false;
  std::optional<AttemptId> from;
};
/// Do a strip here, on a thread of the master; the outcome comes back as Answered by `kMaster`.
struct RunLocally {
  AttemptId attempt;
  TaskId task;
  Phase phase = Phase::map;
};
/// Tell a worker (or `kMaster`) to forget an attempt: not to begin it, or to let go of the pixels it kept for it.
/// Only sent to workers that understand it. A request that is still open is answered all the same, see Answered.
struct Drop {
  WorkerId worker;
  AttemptId attempt;
};
/// The answer just reported is the first good one of its strip: merge it. Without this action an answer is
/// thrown away. Given exactly once for each strip and phase.
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
  left,     ///< it said BYE and has finished
  silent,   ///< nothing came from it for several heartbeats
  overdue,  ///< a request stayed unanswered far beyond its deadline
  lying,    ///< its answers were wrong too often
  failing,  ///< it could not do its work too often in a row
};
/// Close a worker's connection. The scheduler has forgotten the worker already.
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
/// How a job went.
struct JobReport {
  /// What one worker contributed: answers that were merged.
  struct Share {
    std::uint64_t strips = 0;
    std::uint64_t bytes = 0;
  };
  std::uint64_t attempts = 0;      ///< strips handed out, all phases
  std::uint64_t misses = 0;        ///< attempts that were lost, late, failed or lied
  std::uint64_t lies = 0;          ///< of these, how many lied
  std::uint64_t duplicates = 0;    ///< second attempts at slow strips
  std::uint64_t stolen = 0;        ///< kept strips given to another worker to balance the load
  std::uint64_t bytes_sent = 0;    ///< pixels sent to workers
  std::uint64_t bytes_spared = 0;  ///< pixels not sent because the worker had kept them
  std::map<WorkerId, Share> shares;
};
/// The job is over and forgotten; stitch when `finished`.
struct JobDone {
  JobId job;
  JobOutcome outcome = JobOutcome::finished;
  JobReport report;
};

/// Send TimePassed at `at`. Replaces the timer set before.
struct SetTimer {
  Time at;
};

using Action = std::variant<Send, RunLocally, Drop, Accept, Ping, CloseWorker, PhaseDone, JobDone, SetTimer>;

}  // namespace ece465::mapreduce
