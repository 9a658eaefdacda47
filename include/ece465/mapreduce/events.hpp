#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "ece465/mapreduce/types.hpp"

/// What can happen to the scheduler. Ids that it does not know (any more) are never an error: messages cross on
/// the wire, so such an event changes nothing.

namespace ece465::mapreduce {

/// What a worker said of itself when it registered. Claims are cut to the scheduler's options.
struct WorkerSpec {
  /// The strips in flight to it sum to at most these bytes, but one strip may always be in flight alone.
  std::uint64_t credit_bytes = std::uint64_t{4} << 20;
  /// Requests it may hold at once.
  std::uint32_t max_tasks = 64;
  /// Bytes of strips that it can keep from the map phase for the apply phase.
  std::uint64_t keep_bytes = 0;
  Skills skills = 0;
  /// It is heard from in every heartbeat: it answers PING, and sends one itself when it has nothing else to say.
  bool heartbeat = false;
  /// It understands `Drop`.
  bool drops = false;

  /// A worker of the two older dialects: one command at a time, and nothing else.
  [[nodiscard]] static WorkerSpec one_at_a_time() { return {.credit_bytes = 1, .max_tasks = 1}; }
};

/// A worker registered. `worker` must be fresh: never used before, not `kMaster`.
struct WorkerJoined {
  WorkerId worker;
  WorkerSpec spec;
};
/// A worker said BYE: it finishes what it holds and gets no more.
struct WorkerLeaving {
  WorkerId worker;
};
/// A worker's connection ended.
struct WorkerLost {
  WorkerId worker;
};
/// Something other than an answer came from a worker: PONG, PING, LOG, a part of a body.
struct WorkerHeard {
  WorkerId worker;
};

/// What an answer is worth; the caller has looked at its size, sum and checksum.
enum class Outcome : std::uint8_t {
  good,
  lie,       ///< wrong size, a histogram that does not sum to the samples, checksum mismatch
  failed,    ///< the worker (or the master: then the job fails) says that it could not
  dropped,   ///< the worker confirms that it dropped the request
  not_kept,  ///< the worker no longer has the strip it was to keep
};

/// A worker, or the master itself, answered an attempt. Every request is answered once, dropped ones too.
struct Answered {
  WorkerId worker;
  AttemptId attempt;
  Outcome outcome = Outcome::good;
};

struct JobSpec {
  /// The strips' sizes: what each costs to send, and to hold.
  std::vector<std::uint64_t> strip_bytes;
  /// Strips [0, ready) can be read; more follow with StripsReady.
  std::uint32_t ready = 0;
  /// The job has an apply phase after its map phase.
  bool apply = true;
  /// Only workers that have all of these get its strips (and the master, which can do everything).
  Skills needs = 0;
  /// More strips follow with StripsAdded: nobody knows yet how many. Such a job has no apply phase, and all of its
  /// strips can be read.
  bool open = false;
};

/// A job starts. `job` must be fresh.
struct JobSubmitted {
  JobId job;
  JobSpec spec;
};
/// Strips [0, ready) of a job can be read now: decoding goes on while the first strips are at work.
struct StripsReady {
  JobId job;
  std::uint32_t ready = 0;
};
/// More strips of an open job, which can be read now.
struct StripsAdded {
  JobId job;
  std::vector<std::uint64_t> strip_bytes;
  /// There will be no more: the job is over as soon as all are merged.
  bool last = false;
};
/// The reduce after PhaseDone{map} is finished and the table is there: the apply phase can start.
struct TableReady {
  JobId job;
};
/// Somebody gave up on the job.
struct JobCancelled {
  JobId job;
};
/// The timer set by SetTimer went off. Being early or late does no harm.
struct TimePassed {};

using Event = std::variant<WorkerJoined, WorkerLeaving, WorkerLost, WorkerHeard, Answered, JobSubmitted, StripsReady,
                           StripsAdded, TableReady, JobCancelled, TimePassed>;

}  // namespace ece465::mapreduce
