#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

/// The scheduler's basic types: distinct id types, phases, and time supplied by the caller.

namespace ece465::mapreduce {

/// Passed in by the caller: a steady clock in the cluster, a counter in the simulator. This module never reads a clock.
using Time = std::chrono::steady_clock::time_point;
using Duration = Time::duration;

/// Comparable only with ids of the same kind.
template <class Tag>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

/// One connection of a worker. A worker that reconnects gets a new id and inherits no state.
using WorkerId = Id<struct WorkerTag>;
/// One unit that is reduced separately: a page of an image, or a text.
using JobId = Id<struct JobTag>;
/// One try of one strip by one worker; never reused. Also the task id on the wire.
using AttemptId = Id<struct AttemptTag>;

/// The master itself, as the worker of last resort.
inline constexpr WorkerId kMaster{0};

/// One strip of one job.
struct TaskId {
  JobId job;
  std::uint32_t strip = 0;
  auto operator<=>(const TaskId&) const = default;
};

/// Bits that a job needs and a worker has. The caller defines them (16-bit samples, a kind of map function). Workers
/// are grouped by their set of capabilities, so the number of distinct sets should be small.
using Capabilities = std::uint32_t;

/// A map-only job (a word count) has no `apply` phase.
enum class Phase : std::uint8_t {
  map,    ///< strip -> histogram, merged by addition
  apply,  ///< strip and table -> new strip, merged by copying it to its place
};

}  // namespace ece465::mapreduce

template <class Tag>
struct std::hash<ece465::mapreduce::Id<Tag>> {
  std::size_t operator()(const ece465::mapreduce::Id<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
