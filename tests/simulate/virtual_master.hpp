#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "auditor.hpp"
#include "message.hpp"
#include "timeline.hpp"

namespace ece465::simulate {

/// The master around the scheduler, in virtual time: performs actions, checks and merges answers, and verifies the
/// result of every job.
class VirtualMaster {
 public:
  struct Dependencies {
    Timeline* timeline = nullptr;
    std::function<void(mapreduce::WorkerId, ToWorker)> send;
    std::function<void(mapreduce::WorkerId, mapreduce::CloseReason)> hang_up;
    std::function<void(std::string)> log;  ///< may be empty
  };
  VirtualMaster(const Scenario& scenario, Dependencies dependencies);
  VirtualMaster(const VirtualMaster&) = delete;
  VirtualMaster& operator=(const VirtualMaster&) = delete;

  void worker_joined(mapreduce::WorkerId worker, const mapreduce::WorkerSpec& spec);
  void worker_lost(mapreduce::WorkerId worker);
  void receive(mapreduce::WorkerId from, const ToMaster& message);

  [[nodiscard]] Auditor& auditor() { return auditor_; }
  [[nodiscard]] const mapreduce::Scheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] bool all_jobs_done() const { return jobs_to_come_ == 0 && !auditor_.jobs_open(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  struct JobResult {
    mapreduce::JobId job;
    mapreduce::JobOutcome outcome = mapreduce::JobOutcome::finished;
    mapreduce::JobReport report;
    Duration took{};
    double min_progress_of_others = 1;  ///< when this one ended
  };
  [[nodiscard]] const std::vector<JobResult>& results() const { return results_; }

 private:
  struct Job {
    const JobPlan* plan = nullptr;
    VirtualImage pixels;
    image::Histogram histogram;
    std::shared_ptr<const image::Table> table;
    std::vector<Samples> result;
    std::uint32_t ready = 0;
    bool open = false;  ///< its strips are added one by one
  };

  void step(const mapreduce::Event& event);
  void submit(mapreduce::JobId id, const JobPlan& plan);
  void decode_more(mapreduce::JobId id);

  void perform(const mapreduce::Send& action);
  void perform(const mapreduce::RunLocally& action);
  void perform(const mapreduce::Drop& action);
  void perform(const mapreduce::Accept& action);
  void perform(const mapreduce::Ping& action);
  void perform(const mapreduce::CloseWorker& action);
  void perform(const mapreduce::PhaseDone& action);
  void perform(const mapreduce::JobDone& action);
  void perform(const mapreduce::SetTimer& action);
  void check_result(const Job& job);

  const Scenario& scenario_;
  Dependencies deps_;
  mapreduce::Scheduler scheduler_;
  Auditor auditor_;
  std::unordered_map<mapreduce::JobId, Job> jobs_;
  std::size_t jobs_to_come_;
  std::unordered_map<mapreduce::AttemptId, mapreduce::Phase> asked_;  // by open request
  std::unordered_map<mapreduce::AttemptId, mapreduce::TaskId> tasks_;
  const Result* current_answer_ = nullptr;  // of this step
  std::optional<Time> timer_;
  std::uint64_t steps_ = 0;
  std::vector<JobResult> results_;
};

}  // namespace ece465::simulate
