#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scenario.hpp"

namespace ece465::simulate {

/// Watches events going into the scheduler and actions coming out, keeps its own books, and complains when the
/// scheduler breaks a rule. It knows nothing of how the scheduler thinks.
class Auditor {
 public:
  explicit Auditor(const mapreduce::SchedulerOptions& options) : options_(options) {}

  /// Before the step, and after it with what it gave.
  void observe(const mapreduce::Event& event, Time now);
  void observe(const std::vector<mapreduce::Action>& actions);

  /// The first rule that was broken; empty: none.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  void complain(std::string what) {
    if (complaint_.empty()) complaint_ = std::move(what);
  }

  [[nodiscard]] bool jobs_open() const { return open_jobs_ > 0; }
  /// Requests that the scheduler waits for: of workers, and of the master.
  [[nodiscard]] std::size_t open_attempts() const { return attempts_.size(); }
  [[nodiscard]] std::size_t open_remote_attempts() const { return attempts_.size() - open_local_; }
  /// One that is open with another worker.
  [[nodiscard]] std::optional<mapreduce::AttemptId> attempt_besides(mapreduce::WorkerId worker) const;
  /// Strips merged, both phases, over strips to merge.
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
    mapreduce::Skills needs = 0;
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

  /// What holds for every attempt, wherever it runs.
  void start(mapreduce::AttemptId id, const Attempt& attempt);
  void forget(mapreduce::WorkerId id);
  void check_stuck();

  const mapreduce::SchedulerOptions options_;
  std::string complaint_;
  Time now_{};
  std::unordered_map<mapreduce::JobId, Job> jobs_;
  std::unordered_map<mapreduce::WorkerId, Worker> workers_;
  std::unordered_map<mapreduce::AttemptId, Attempt> attempts_;
  mapreduce::AttemptId newest_;
  std::size_t open_local_ = 0, open_jobs_ = 0;
  std::optional<std::pair<mapreduce::AttemptId, Attempt>> current_answer_;  // the good answer of this step
  std::optional<mapreduce::WorkerId> has_left_;  // whom this step has to close: it said BYE and has nothing open
};

}  // namespace ece465::simulate
