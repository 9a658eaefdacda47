#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/mapreduce/actions.hpp"
#include "ece465/mapreduce/events.hpp"
#include "ece465/mapreduce/options.hpp"
#include "ece465/mapreduce/types.hpp"
#include "ece465/mapreduce/views.hpp"

namespace ece465::mapreduce {

/// Assigns strips to workers and recovers from failures. A pure state machine: it reads no clock, opens no socket and
/// starts no thread, so tests and the simulator drive it exactly as the cluster does. The same events at the same times
/// give the same actions. src/mapreduce/README.md describes the policies.
///
/// Not thread-safe. Never fails. Costs O(log n) per strip moved.
class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options = {});
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// Processes one event and returns the actions to perform. `now` never decreases.
  [[nodiscard]] std::vector<Action> step(const Event& event, Time now);

  // Snapshots for monitoring.
  [[nodiscard]] std::vector<WorkerView> workers() const;
  [[nodiscard]] std::optional<WorkerView> worker(WorkerId id) const;
  [[nodiscard]] std::optional<JobView> job(JobId id) const;
  /// Every strip of a job, in order; empty for an unknown job.
  [[nodiscard]] std::vector<StripView> strips(JobId id) const;
  [[nodiscard]] Totals totals() const;

  /// Recomputes all redundant state and compares, O(n). A failure is a bug. For tests and the simulator.
  [[nodiscard]] Result<void> check_invariants() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ece465::mapreduce
