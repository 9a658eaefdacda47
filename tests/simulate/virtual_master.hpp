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

/// What the cluster's master does around the scheduler, with virtual everything: carries out actions, looks at
/// answers, merges what it is told to merge, and checks the result of every job.
class VirtualMaster {
 public:
  struct Dependencies {
    Timeline* timeline = nullptr;
    std::function<void(mapreduce::WorkerId, ToWorker)> send;
    std::function<void(mapreduce::WorkerId, mapreduce::CloseReason)> hang_up;
    std::function<void(std::string)> log;  ///< may be empty
  };
  VirtualMaster(const Scenario& scenario, Dependencies surroundings);
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
    double least_progress_of_others = 1;  ///< of the other jobs, when this one ended
  };
  [[nodiscard]] const std::vector<JobResult>& results() const { return results_; }

 private:
  struct Job {
    const JobPlan* plan = nullptr;
    Picture picture;
    image::Histogram histogram;
    std::shared_ptr<const image::Table> table;
    std::vector<Samples> result;
    std::uint32_t ready = 0;
    bool open = false;  ///< its strips become known one by one
  };

  void step(const mapreduce::Event& event);
  void submit(mapreduce::JobId id, const JobPlan& plan);
  void decode_more(mapreduce::JobId id);

  void carry_out(const mapreduce::Send& action);
  void carry_out(const mapreduce::RunLocally& action);
  void carry_out(const mapreduce::Drop& action);
  void carry_out(const mapreduce::Accept& action);
  void carry_out(const mapreduce::Ping& action);
  void carry_out(const mapreduce::CloseWorker& action);
  void carry_out(const mapreduce::PhaseDone& action);
  void carry_out(const mapreduce::JobDone& action);
  void carry_out(const mapreduce::SetTimer& action);
  void check_result(const Job& job);

  const Scenario& scenario_;
  Dependencies world_;
  mapreduce::Scheduler scheduler_;
  Auditor auditor_;
  std::unordered_map<mapreduce::JobId, Job> jobs_;
  std::size_t jobs_to_come_;
  std::unordered_map<mapreduce::AttemptId, mapreduce::Phase> asked_;  // open requests: what was asked
  std::unordered_map<mapreduce::AttemptId, mapreduce::TaskId> tasks_;
  const Result* current_answer_ = nullptr;  // the answer of this step
  std::optional<Time> timer_;
  std::uint64_t steps_ = 0;
  std::vector<JobResult> results_;
};

}  // namespace ece465::simulate
