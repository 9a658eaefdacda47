#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ece465/mapreduce/scheduler.hpp"
#include "timeline.hpp"

/// What will happen in a run, all of it drawn from one seed.

namespace ece465::simulate {

inline constexpr mapreduce::Skills kSixteenBits = 1, kText = 2;

struct Span {
  Time from, until;
  [[nodiscard]] bool contains(Time t) const { return from <= t && t < until; }
};

struct WorkerPlan {
  mapreduce::WorkerSpec spec;
  double bytes_per_second = 1e9;       ///< of its processor
  double link_bytes_per_second = 1e9;  ///< each way
  Duration latency{};
  Time joins{};

  // What goes wrong with it.
  std::optional<Time> crashes{};
  bool silently = false;              ///< nobody tells the master: power cut, cable pulled
  std::optional<Duration> returns{};  ///< after a crash or a close, so much later, as a new connection
  std::optional<Time> leaves{};       ///< says BYE
  std::optional<Span> hangs{};        ///< does nothing, also no heartbeats
  std::optional<Span> stuck{};        ///< computes nothing, but has heartbeats
  std::optional<Span> cut_off{};      ///< messages of both directions wait for the end of it
  std::optional<Time> slows_down{};
  double slower = 1;                            ///< by this factor from then on
  double lies = 0, forges = 0, fails = 0;       ///< chance per answer; forged ones answer for somebody else
  double forgets = 0;                           ///< chance per kept strip
  double lost = 0, doubled = 0, reordered = 0;  ///< chance per message
};

struct JobPlan {
  Time arrives{};
  std::vector<std::uint64_t> strip_bytes{};  ///< as the scheduler and the network see them
  std::uint32_t samples_per_strip = 16;      ///< that are really there
  unsigned bits = 8;
  bool apply = true;
  mapreduce::Skills needs = 0;
  Duration decoding{};  ///< between one strip and the next
  Duration reducing{};
  std::optional<Time> cancelled{};
  std::optional<std::uint32_t> poison{};      ///< kills every worker that touches this strip
  std::optional<std::uint32_t> unreadable{};  ///< the master itself cannot do this strip: the job fails
};

/// What beyond correctness a run has to show.
enum class Kind {
  chaos,         ///< anything may go wrong: nothing
  cramped,       ///< workers keep little: what the master spares the link costs no time, and saves bytes
  straggler,     ///< one worker slows down: the job hardly takes longer than without it
  fairness,      ///< equal jobs at once: they advance alike
  affinity,      ///< all is well, workers keep strips: pixels are sent once
  last_resort,   ///< nobody works: the master does it all, soon
  late_joiners,  ///< workers come when the only one keeps all strips: they take their share
};
[[nodiscard]] std::string_view kind_name(Kind kind);

struct Scenario {
  std::uint64_t seed = 0;
  Kind kind = Kind::chaos;
  mapreduce::SchedulerOptions options;
  double master_link_bytes_per_second = 1e9;  ///< each way
  double master_bytes_per_second = 1e9;       ///< of one of its processors
  std::vector<WorkerPlan> workers;
  std::vector<JobPlan> jobs;
  /// Messages arrive once and in order: then a worker's memory bounds hold to the byte.
  bool faithful_network = true;
};

/// `workers`: instead of a number drawn from the seed.
[[nodiscard]] Scenario draw_scenario(std::uint64_t seed, std::optional<std::size_t> workers = std::nullopt);

/// A healthy worker as ours are.
[[nodiscard]] WorkerPlan healthy_worker(double bytes_per_second, double link_bytes_per_second);

}  // namespace ece465::simulate
