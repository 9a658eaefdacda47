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

/// Decides which worker does which strip, and what to do when one does not. A pure state machine: it reads no
/// clock, opens no socket and starts no thread, so that a test or the simulator drives it exactly as the cluster
/// does. Same events at the same times: same actions. src/mapreduce/README.md tells how it thinks.
///
/// Not thread-safe. Never fails; costs O(log n) for each strip it moves.
class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options = {});
  ~Scheduler();
  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;

  /// Takes in one event and says what to do about it. `now` never goes back.
  [[nodiscard]] std::vector<Action> step(const Event& event, Time now);

  // For people who watch.
  [[nodiscard]] std::vector<WorkerView> workers() const;
  [[nodiscard]] std::optional<WorkerView> worker(WorkerId id) const;
  [[nodiscard]] std::optional<JobView> job(JobId id) const;
  /// Every strip of a job, in order; empty for an unknown job.
  [[nodiscard]] std::vector<StripView> strips(JobId id) const;
  [[nodiscard]] Totals totals() const;

  /// Recounts everything that is kept in two places, O(n). A failure is a bug; tests and the simulator ask.
  [[nodiscard]] Result<void> check() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ece465::mapreduce
