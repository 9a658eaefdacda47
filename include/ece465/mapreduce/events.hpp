#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "ece465/mapreduce/types.hpp"

/// The scheduler's input. Events with unknown ids are not errors, since messages cross on the wire: they change
/// nothing.

namespace ece465::mapreduce {

/// What a worker offered when it registered. Values are capped by the scheduler's options.
struct WorkerSpec {
  /// Limit on the total size of the strips in flight to it. A single strip may exceed it.
  std::uint64_t credit_bytes = std::uint64_t{4} << 20;
  /// Requests that it can hold at once.
  std::uint32_t max_tasks = 64;
  /// Bytes of strips that it can keep from the map phase for the apply phase.
  std::uint64_t keep_bytes = 0;
  Capabilities capabilities = 0;
  /// Something is received from it in every heartbeat interval: it answers PING, and sends one when it is idle.
  bool heartbeat = false;
  /// It supports `Drop`.
  bool supports_drop = false;

  /// A worker of the two older dialects: one command at a time, and nothing else.
  [[nodiscard]] static WorkerSpec one_at_a_time() { return {.credit_bytes = 1, .max_tasks = 1}; }
};

/// A worker registered. `worker` must be fresh: never used before, not `kMaster`.
struct WorkerJoined {
  WorkerId worker;
  WorkerSpec spec;
};
/// A worker said BYE: it finishes its open requests and gets no more.
struct WorkerLeaving {
  WorkerId worker;
};
/// A worker's connection ended.
struct WorkerLost {
  WorkerId worker;
};
/// A worker sent something other than an answer: PONG, PING, LOG, a part of a body.
struct WorkerHeard {
  WorkerId worker;
};

/// The quality of an answer. The caller has checked its size, sum and checksum.
enum class Outcome : std::uint8_t {
  good,
  invalid_result,  ///< wrong size, a histogram that does not sum to the samples, checksum mismatch
  failed,          ///< the worker reports a failure; if the master does, the job fails
  dropped,         ///< the worker confirms that it dropped the request
  not_kept,        ///< the worker no longer has the strip that it was to keep
};

/// A worker, or the master itself, answered an attempt. Every request is answered once, including dropped ones.
struct Answered {
  WorkerId worker;
  AttemptId attempt;
  Outcome outcome = Outcome::good;
};

struct JobSpec {
  /// The strips' sizes: the cost of sending and of holding them.
  std::vector<std::uint64_t> strip_bytes;
  /// Strips [0, ready) can be read. The others follow with StripsReady.
  std::uint32_t ready = 0;
  /// The job has an apply phase after its map phase.
  bool apply = true;
  /// Only workers with all of these get its strips. The master has all capabilities.
  Capabilities needs = 0;
  /// More strips follow with StripsAdded; their number is not known yet. An open job has no apply phase, and all of its
  /// strips are ready.
  bool open = false;
};

/// A job starts. `job` must be fresh.
struct JobSubmitted {
  JobId job;
  JobSpec spec;
};
/// Strips [0, ready) of a job can be read: the first strips are processed while later ones are still being decoded.
struct StripsReady {
  JobId job;
  std::uint32_t ready = 0;
};
/// More strips of an open job. They can be read.
struct StripsAdded {
  JobId job;
  std::vector<std::uint64_t> strip_bytes;
  /// These are the last: the job ends when all strips are merged.
  bool last = false;
};
/// The reduce step after PhaseDone{map} has produced the table: the apply phase can start.
struct TableReady {
  JobId job;
};
struct JobCancelled {
  JobId job;
};
/// The timer set by SetTimer went off. Being early or late does no harm.
struct TimePassed {};

using Event = std::variant<WorkerJoined, WorkerLeaving, WorkerLost, WorkerHeard, Answered, JobSubmitted, StripsReady,
                           StripsAdded, TableReady, JobCancelled, TimePassed>;

}  // namespace ece465::mapreduce
