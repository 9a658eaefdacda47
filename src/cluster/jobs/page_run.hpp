#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dispatch/coordinator.hpp"
#include "ece465/image/page_strips.hpp"
#include "ece465/net/gate.hpp"
#include "model/job.hpp"
#include "observability/timeline.hpp"

namespace ece465::cluster {

/// Dependencies of a page run.
struct PageRunContext {
  Coordinator* coordinator = nullptr;
  asio::any_io_executor loop;
  asio::thread_pool* cpu = nullptr;
  unsigned threads = 1;
  /// Called when the status has changed.
  std::function<void()> on_changed;
  /// Called when a strip of `bytes` is merged.
  std::function<void(mapreduce::Phase phase, std::uint64_t bytes)> on_merged;
  /// Records what happens to the page's strips.
  std::shared_ptr<Timeline> timeline;
};

/// One page of an image job: its strips are counted and mapped where the scheduler says, merged, and written. Lives on
/// the loop; long operations run on the pool. Shared with sessions, which may still be sending a strip when the page
/// has ended.
///
///     read ahead (kept pages) --> strips ready --> map: counts merged --> reduce: tables
///     --> apply: samples scattered --> groups written as they become complete
class PageRun final : public JobHandler, public std::enable_shared_from_this<PageRun> {
 public:
  /// `strips` and what it depends on (`files`: the reader and the writer) live as long as the run. `status` is updated
  /// until `run` returns.
  PageRun(const PageRunContext& context, std::shared_ptr<const void> files, std::unique_ptr<image::PageStrips> strips,
          JobStatus& status);
  ~PageRun() override;

  /// Processes the whole page. When it returns, no operation of the page is running.
  [[nodiscard]] net::Task<Result<void>> run(image::ImageWriter& writer);
  /// `run` then fails with `cancelled`.
  void cancel();

  [[nodiscard]] JobStrips strip_status() const;
  [[nodiscard]] PageLevels levels() const;

  void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) override;
  void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) override;
  void phase_done(mapreduce::Phase phase) override;
  void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) override;
  void on_assigned(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::WorkerId to, bool kept) override;
  void on_failed(mapreduce::AttemptId attempt, mapreduce::Outcome outcome) override;
  void on_worker_lost(const std::string& id) override { context_.timeline->gone(id); }
  void on_transfer(mapreduce::Phase phase, std::uint64_t sent, std::uint64_t received) override;
  [[nodiscard]] unsigned bits() const override { return strips_->bits(); }
  [[nodiscard]] std::uint64_t strip_bytes(std::uint32_t strip) const override { return strips_->strips()[strip].bytes; }
  [[nodiscard]] net::Task<Result<Payload>> payload(std::uint32_t strip, mapreduce::Phase phase) override;
  [[nodiscard]] Bytes table(std::uint32_t strip) const override;
  [[nodiscard]] wire::TableId table_id(std::uint32_t strip) const override;
  [[nodiscard]] net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                     Check check) override;
  [[nodiscard]] net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                            Check check) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Progress {
    bool accepted = false;  // in this phase
    mapreduce::WorkerId by;
    std::vector<Lease*> leases;  // of those who read its samples
  };
  class SampleLease;
  class LoadedGroup;
  enum class LoadKind { to_read, to_scatter };

  // page_run.cpp: the page from beginning to end
  [[nodiscard]] net::Task<Result<void>> run_distributed(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> run_alone(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> make_tables(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> map_and_write();
  static net::Task<void> read_ahead(std::shared_ptr<PageRun> self);
  static net::Task<void> store_samples(std::shared_ptr<PageRun> self, std::uint32_t strip, Answer answer);
  static net::Task<void> write_in_order(std::shared_ptr<PageRun> self);
  static net::Task<void> write_group(std::shared_ptr<PageRun> self, std::size_t group);
  void on_group_complete(std::size_t group);
  void record_group_done(std::size_t group, bool written);
  void enter(JobPhase phase);
  void fail_with(Error error);
  [[nodiscard]] bool failed() const { return error_.has_value(); }

  // page_run_strips.cpp: strips in memory
  static net::Task<void> process(std::shared_ptr<PageRun> self, mapreduce::AttemptId attempt, std::uint32_t strip,
                                 mapreduce::Phase phase);
  [[nodiscard]] net::Task<Result<std::shared_ptr<LoadedGroup>>> load(std::size_t group, LoadKind kind);
  [[nodiscard]] Result<void> copy_samples(std::uint32_t strip, Buffer& copy) const;
  [[nodiscard]] Result<void> compare_counts(std::uint32_t strip, std::span<const std::uint64_t> counts) const;
  [[nodiscard]] Result<void> compare_mapped(std::uint32_t strip, Bytes mapped) const;
  [[nodiscard]] net::Task<bool> wait_for_leases(std::uint32_t strip);

  PageRunContext context_;
  std::shared_ptr<const void> files_;
  std::unique_ptr<image::PageStrips> strips_;
  JobStatus* status_;  // null once `run` has returned
  mapreduce::JobId job_;
  std::optional<Error> error_;
  bool cancelled_ = false;  // by a call of `cancel`
  bool submitted_ = false, job_done_ = false, mapped_ = false;
  std::vector<Progress> progress_;          // of each strip
  std::vector<std::uint32_t> planes_left_;  // of each group, until it is complete
  std::vector<bool> complete_;              // of each group
  std::size_t groups_written_ = 0;
  std::uint64_t table_base_ = 0;
  JobPhase phase_ = JobPhase::queued;
  Clock::time_point phase_began_;
  net::Condition changed_;
  net::Gate operations_;  // everything that uses `strips_` on the pool
};

}  // namespace ece465::cluster
