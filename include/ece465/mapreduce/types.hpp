#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

/// The words of the scheduler: ids that cannot be mixed up, phases, and time that somebody else keeps.

namespace ece465::mapreduce {

/// Time is whatever the caller passes in: a steady clock in the cluster, a counter in the simulator. Nothing in
/// this room reads a clock.
using Time = std::chrono::steady_clock::time_point;
using Duration = Time::duration;

/// A number that is only comparable with its own kind.
template <class Tag>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
};

/// One connection of a worker. A worker that comes back is a new one: nothing it held before counts any more.
using WorkerId = Id<struct WorkerTag>;
/// One unit that is reduced on its own: a page of an image, a set of text files.
using JobId = Id<struct JobTag>;
/// One try of one strip by one worker; never used twice. Also the task id on the wire.
using AttemptId = Id<struct AttemptTag>;

/// The master itself, as the worker of last resort.
inline constexpr WorkerId kMaster{0};

/// One strip of one job.
struct TaskId {
  JobId job;
  std::uint32_t strip = 0;
  auto operator<=>(const TaskId&) const = default;
};

/// What a job needs and a worker has, as bits that the caller gives meaning to (16-bit samples, a kind of map
/// function). Workers are grouped by their set of skills, so few distinct sets should exist.
using Skills = std::uint32_t;

/// What is done to a strip. A job that only maps (a word count) never sees `apply`.
enum class Phase : std::uint8_t {
  map,    ///< strip -> histogram, merged by adding
  apply,  ///< strip and table -> new strip, merged by putting it in its place
};

}  // namespace ece465::mapreduce

template <class Tag>
struct std::hash<ece465::mapreduce::Id<Tag>> {
  std::size_t operator()(const ece465::mapreduce::Id<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
