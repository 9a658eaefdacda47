#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "dispatch/worker_hub.hpp"
#include "jobs/engine.hpp"
#include "jobs/image_job.hpp"
#include "observability/event_stream.hpp"
#include "observability/metrics.hpp"
#include "observability/recent_log.hpp"

namespace ece465::cluster {

class TextRun;

/// The engine of a real master: jobs in the store, processed by the hub's workers. On the loop.
class MasterEngine final : public Engine {
 public:
  struct Dependencies {
    asio::io_context& loop;
    asio::thread_pool& cpu;
    asio::thread_pool& files;
    unsigned threads;
    Coordinator& coordinator;
    WorkerHub& hub;
    DataFolder& folder;
    JobStore& store;
    RecentLog& logs;
    EventStream& events;
    Metrics& metrics;
    Logger& logger;
  };
  MasterEngine(const Dependencies& dependencies, std::uint64_t memory_bytes, std::size_t jobs_at_once,
               const Limits& limits);

  /// Restarts the jobs that an earlier process did not finish. Fails with `io`.
  [[nodiscard]] net::Task<Result<void>> resume();
  /// Accepts no more jobs and waits up to `limit` for the running ones. The others are aborted and remain unfinished in
  /// the store, for the next start.
  [[nodiscard]] net::Task<void> stop(net::Duration limit);
  /// Updates the throughput and publishes worker state. To be called periodically.
  void tick();

  [[nodiscard]] net::Task<Result<Accepted>> process(JobRequest request) override;
  [[nodiscard]] net::Task<Result<text::Tally>> map_text(text::Kind kind, TextSource& source) override;
  [[nodiscard]] Result<void> cancel(JobNumber number) override;
  [[nodiscard]] std::optional<JobStatus> job(JobNumber number) const override;
  [[nodiscard]] std::vector<JobStatus> jobs() const override;
  [[nodiscard]] std::optional<JobStrips> strips(JobNumber number) const override;
  [[nodiscard]] std::shared_ptr<const JobTimeline> timeline(JobNumber number) const override;
  [[nodiscard]] std::vector<WorkerStatus> workers() const override { return deps_.hub.workers(); }
  [[nodiscard]] Totals totals() const override;

 private:
  struct Job;
  [[nodiscard]] net::Task<Result<Accepted>> accept(JobRequest request);
  void start(JobStatus status);
  static net::Task<void> run(MasterEngine* engine, std::shared_ptr<Job> job);
  void end(Job& job, Result<void> outcome);
  void trim_heap_if_idle();
  void on_changed(Job& job, bool at_once);
  [[nodiscard]] net::Task<void> save(JobStatus status);

  Dependencies deps_;
  Limits limits_;
  std::uint64_t memory_bytes_;
  MemoryBudget memory_;
  std::size_t slots_;
  net::Condition slot_freed_, accepted_;
  net::Gate gate_;  // open while jobs and texts run
  bool stopping_ = false;
  std::map<JobNumber, std::shared_ptr<Job>> jobs_;                    // running, and those that ended last
  std::map<std::string, std::shared_ptr<Job>, std::less<>> by_file_;  // of these, the running ones
  std::set<std::string> accepting_;                                   // files whose job is being accepted
  std::set<std::shared_ptr<TextRun>> texts_;                          // running
  std::uint64_t merged_bytes_ = 0, merged_at_last_tick_ = 0;
  std::chrono::steady_clock::time_point last_tick_;
  double samples_per_second_ = 0;
};

}  // namespace ece465::cluster
