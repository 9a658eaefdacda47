#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scenario.hpp"

namespace ece465::simulate {

/// Observes the scheduler's events and actions, tracks state independently, and reports rules that the scheduler
/// violates. It knows nothing about the scheduler's implementation.
class Auditor {
 public:
  explicit Auditor(const mapreduce::SchedulerOptions& options) : options_(options) {}

  /// Called before the step, and after it with its actions.
  void observe(const mapreduce::Event& event, Time now);
  void observe(const std::vector<mapreduce::Action>& actions);

  /// The first violation; empty if none.
  [[nodiscard]] const std::string& violation() const { return violation_; }
  void report(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }

  [[nodiscard]] bool jobs_open() const { return open_jobs_ > 0; }
  /// Requests that the scheduler waits for, including the master's.
  [[nodiscard]] std::size_t open_attempts() const { return attempts_.size(); }
  [[nodiscard]] std::size_t open_remote_attempts() const { return attempts_.size() - open_local_; }
  /// An attempt that is open at another worker.
  [[nodiscard]] std::optional<mapreduce::AttemptId> foreign_attempt(mapreduce::WorkerId worker) const;
  /// Fraction of strips merged, both phases.
  [[nodiscard]] double progress(mapreduce::JobId job) const;

 private:
  struct Strip {
    std::array<bool, 2> merged{};
    std::uint64_t bytes = 0;
  };
  struct Job {
    std::vector<Strip> strips;
    std::array<std::size_t, 2> merged{};
    std::array<bool, 2> phase_done{};
    std::uint32_t ready = 0;
    bool apply = true, open = false, table = false, done = false;
    mapreduce::Capabilities needs = 0;
  };
  struct Worker {
    mapreduce::WorkerSpec spec;
    bool leaving = false;
    std::unordered_set<mapreduce::AttemptId> open;
    std::uint64_t bytes_open = 0;
    std::unordered_map<mapreduce::AttemptId, mapreduce::TaskId> kept;
    Time heard{};
  };
  struct Attempt {
    mapreduce::WorkerId worker;
    mapreduce::TaskId task;
    mapreduce::Phase phase = mapreduce::Phase::map;
    bool keep = false;
    std::uint64_t bytes = 0;
  };

  void on(const mapreduce::WorkerJoined& event);
  void on(const mapreduce::WorkerLeaving& event);
  void on(const mapreduce::WorkerLost& event) { forget(event.worker); }
  void on(const mapreduce::WorkerHeard& event);
  void on(const mapreduce::Answered& event);
  void on(const mapreduce::JobSubmitted& event);
  void on(const mapreduce::StripsReady& event);
  void on(const mapreduce::StripsAdded& event);
  void on(const mapreduce::TableReady& event);
  void on(const mapreduce::JobCancelled&) {}
  void on(const mapreduce::TimePassed&) {}

  void on(const mapreduce::Send& action);
  void on(const mapreduce::RunLocally& action);
  void on(const mapreduce::Drop& action);
  void on(const mapreduce::Accept& action);
  void on(const mapreduce::Ping& action);
  void on(const mapreduce::CloseWorker& action);
  void on(const mapreduce::PhaseDone& action);
  void on(const mapreduce::JobDone& action);
  void on(const mapreduce::SetTimer&) {}

  /// Rules for every attempt, local or remote.
  void start(mapreduce::AttemptId id, const Attempt& attempt);
  void forget(mapreduce::WorkerId id);
  void check_progress();

  const mapreduce::SchedulerOptions options_;
  std::string violation_;
  Time now_{};
  std::unordered_map<mapreduce::JobId, Job> jobs_;
  std::unordered_map<mapreduce::WorkerId, Worker> workers_;
  std::unordered_map<mapreduce::AttemptId, Attempt> attempts_;
  mapreduce::AttemptId newest_;
  std::size_t open_local_ = 0, open_jobs_ = 0;
  std::optional<std::pair<mapreduce::AttemptId, Attempt>> current_answer_;  // of this step, if good
  std::optional<mapreduce::WorkerId> must_close_;  // by this step: the worker said BYE and has nothing open
};

}  // namespace ece465::simulate
