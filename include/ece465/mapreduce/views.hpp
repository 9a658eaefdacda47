#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ece465/mapreduce/actions.hpp"
#include "ece465/mapreduce/types.hpp"

/// Snapshots of the scheduler's state for the status page, metrics and tests.

namespace ece465::mapreduce {

enum class WorkerState : std::uint8_t {
  probation,  ///< has not answered well since it joined or was quarantined: one strip at a time
  active,
  late,         ///< an answer is past its deadline: gets no work until it answers
  quarantined,  ///< gave an invalid result or failed: gets no work for a while
  leaving,      ///< said BYE
};

struct WorkerView {
  WorkerId id;
  WorkerState state = WorkerState::probation;
  std::size_t tasks_in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::size_t strips_kept = 0;
  std::uint64_t bytes_kept = 0;
  double bytes_per_second = 0;  ///< 0: unknown
  std::uint32_t invalid_results = 0;
  std::uint32_t failures = 0;       ///< in a row
  std::uint64_t strips_merged = 0;  ///< all jobs
  std::uint64_t bytes_merged = 0;
};

enum class Stage : std::uint8_t { map, reduce, apply };

struct JobView {
  JobId id;
  Stage stage = Stage::map;
  std::uint32_t strips = 0;
  std::uint32_t ready = 0;    ///< can be read
  std::uint32_t waiting = 0;  ///< for a worker, in this phase
  std::uint32_t running = 0;
  std::uint32_t done = 0;
  JobReport report;  ///< so far
};

enum class StripState : std::uint8_t {
  unread,       ///< its pixels are not available yet
  waiting,      ///< for any worker
  kept,         ///< for the worker that keeps it
  last_resort,  ///< for the master
  running,
  done,  ///< in this phase
};

struct StripView {
  StripState state = StripState::unread;
  std::uint32_t failed_attempts = 0;  ///< in this phase
  std::vector<WorkerId> workers;      ///< currently processing it
  std::optional<WorkerId> keeper;
};

struct Totals {
  std::size_t workers = 0;  ///< without the master
  std::size_t jobs = 0;
  std::size_t attempts = 0;           ///< open, including dropped ones
  std::size_t local_attempts = 0;     ///< of these, the master's
  std::uint64_t bytes_in_flight = 0;  ///< to workers
  std::uint64_t bytes_kept = 0;
};

}  // namespace ece465::mapreduce
