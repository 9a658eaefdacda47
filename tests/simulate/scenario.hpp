#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ece465/mapreduce/scheduler.hpp"
#include "timeline.hpp"

/// The plan of a run, drawn from one seed.

namespace ece465::simulate {

inline constexpr mapreduce::Capabilities kSixteenBits = 1, kText = 2;

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

  // Faults.
  std::optional<Time> crashes{};
  bool silent = false;                ///< the master gets no end of stream, as after a power cut
  std::optional<Duration> returns{};  ///< delay after a crash or a close until it reconnects
  std::optional<Time> leaves{};       ///< says BYE
  std::optional<Span> hangs{};        ///< does nothing, not even heartbeats
  std::optional<Span> stuck{};        ///< computes nothing, but sends heartbeats
  std::optional<Span> partitioned{};  ///< messages in both directions are delayed until its end
  std::optional<Time> slows_down{};
  double slower = 1;  ///< factor from then on
  double invalid_results = 0, forged = 0,
         failed = 0;                               ///< probability per answer; a forged one answers for another worker
  double forgotten = 0;                            ///< probability per kept strip
  double lost = 0, duplicated = 0, reordered = 0;  ///< probability per message
};

struct JobPlan {
  Time arrives{};
  std::vector<std::uint64_t> strip_bytes{};  ///< as seen by the scheduler and the network
  std::uint32_t samples_per_strip = 16;      ///< that really exist
  unsigned bits = 8;
  bool apply = true;
  mapreduce::Capabilities needs = 0;
  Duration decoding{};  ///< per strip
  Duration reducing{};
  std::optional<Time> cancelled{};
  std::optional<std::uint32_t> crashing_strip{};    ///< crashes every worker that gets this strip
  std::optional<std::uint32_t> unreadable_strip{};  ///< the master itself cannot process this strip: the job fails
};

/// What a run has to show beyond correctness.
enum class Kind {
  chaos,          ///< any fault may occur: nothing
  little_memory,  ///< workers can keep few strips: local_saves_transfers saves bytes and costs no time
  straggler,      ///< one worker slows down: the job takes little longer than without
  fairness,       ///< equal jobs at the same time: they progress equally
  affinity,       ///< no faults, workers keep strips: pixels are sent once
  last_resort,    ///< no worker works: the master does everything, soon
  late_joiners,   ///< workers join when the only one keeps all strips: they take their share
};
[[nodiscard]] std::string_view kind_name(Kind kind);

struct Scenario {
  std::uint64_t seed = 0;
  Kind kind = Kind::chaos;
  mapreduce::SchedulerOptions options;
  double master_link_bytes_per_second = 1e9;  ///< each way
  double master_bytes_per_second = 1e9;       ///< of one of its cores
  std::vector<WorkerPlan> workers;
  std::vector<JobPlan> jobs;
  /// Messages arrive once and in order, so workers' memory limits hold exactly.
  bool reliable_network = true;
};

/// `workers`: overrides the number drawn from the seed.
[[nodiscard]] Scenario draw_scenario(std::uint64_t seed, std::optional<std::size_t> workers = std::nullopt);

/// A worker of the current dialect without faults.
[[nodiscard]] WorkerPlan healthy_worker(double bytes_per_second, double link_bytes_per_second);

}  // namespace ece465::simulate
