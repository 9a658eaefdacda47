#pragma once

#include <chrono>
#include <deque>
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

/// What one page's run needs of the master around it.
struct PageRunContext {
  Coordinator* coordinator = nullptr;
  asio::any_io_executor loop;
  asio::thread_pool* cpu = nullptr;
  unsigned threads = 1;
  /// Called when the status has changed.
  std::function<void()> changed;
  /// Called when a strip of so many bytes is merged.
  std::function<void(mapreduce::Phase phase, std::uint64_t bytes)> merged;
  /// Where it is written down what happens to the page's strips.
  std::shared_ptr<Timeline> timeline;
};

/// One page of a job: its strips counted and mapped by whoever the scheduler says, merged, stitched and written.
/// Lives on the loop; what takes time runs on the pool. Shared with connections, which may be in the middle of
/// sending a strip when the page is over.
///
///     read ahead (kept pages) --> strips ready --> map: counts merged --> reduce: tables
///     --> apply: samples scattered --> stitch: groups written as they become whole
class PageRun final : public JobHandler, public std::enable_shared_from_this<PageRun> {
 public:
  /// `strips` and what it stands on (`files`: the reader, and the writer) live as long as the run. `status` is kept
  /// up to date while `run` runs.
  PageRun(const PageRunContext& context, std::shared_ptr<const void> files, std::unique_ptr<image::PageStrips> strips,
          JobStatus& status);
  ~PageRun() override;

  /// Runs the page from the first strip to the last byte. When it returns nothing of the page
  /// is at work any more.
  [[nodiscard]] net::Task<Result<void>> run(image::ImageWriter& writer);
  /// Gives the page up: `run` fails with `cancelled`.
  void cancel();

  [[nodiscard]] JobStrips strips_now() const;
  [[nodiscard]] PageLevels levels() const;

  void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) override;
  void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) override;
  void phase_done(mapreduce::Phase phase) override;
  void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) override;
  void handed_out(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::WorkerId to, bool kept) override;
  void missed(mapreduce::AttemptId attempt, mapreduce::Outcome outcome) override;
  void on_worker_lost(const std::string& id) override { context_.timeline->gone(id); }
  [[nodiscard]] unsigned bits() const override { return strips_->bits(); }
  [[nodiscard]] std::uint64_t strip_bytes(std::uint32_t strip) const override { return strips_->strips()[strip].bytes; }
  [[nodiscard]] net::Task<Result<Pixels>> pixels(std::uint32_t strip, mapreduce::Phase phase) override;
  [[nodiscard]] Bytes table(std::uint32_t strip) const override;
  [[nodiscard]] wire::TableId table_id(std::uint32_t strip) const override;
  [[nodiscard]] net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                     Check scrutiny) override;
  [[nodiscard]] net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                            Check scrutiny) override;
  void moved(mapreduce::Phase phase, std::uint64_t sent, std::uint64_t received) override;

 private:
  using Clock = std::chrono::steady_clock;
  /// Where the strips of the page are, in the run's own terms.
  struct Progress {
    bool accepted = false;  // in this phase
    mapreduce::WorkerId by;
    std::size_t lent = 0;    // how many are reading its samples
    std::vector<Lease*> out;  // of these, those whom one can call back
  };
  class Loan;
  class Load;
  enum class LoadKind { to_read, to_scatter };

  [[nodiscard]] net::Task<Result<void>> distribute(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> alone(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> begin_second_half(image::ImageWriter& writer);
  [[nodiscard]] net::Task<Result<void>> recolor();
  static net::Task<void> read_ahead(std::shared_ptr<PageRun> self);
  static net::Task<void> compute(std::shared_ptr<PageRun> self, mapreduce::AttemptId attempt, std::uint32_t strip,
                                 mapreduce::Phase phase);
  static net::Task<void> put_in_place(std::shared_ptr<PageRun> self, std::uint32_t strip, Answer answer);
  static net::Task<void> write_in_order(std::shared_ptr<PageRun> self);
  static net::Task<void> write_group(std::shared_ptr<PageRun> self, std::size_t group);
  [[nodiscard]] net::Task<Result<std::shared_ptr<Load>>> load(std::size_t group, LoadKind kind);
  [[nodiscard]] Result<void> compare_counts(std::uint32_t strip, std::span<const std::uint64_t> counts) const;
  [[nodiscard]] Result<void> compare_mapped(std::uint32_t strip, Bytes mapped) const;
  [[nodiscard]] net::Task<bool> undisturbed(std::uint32_t strip);
  void group_whole(std::size_t group);
  void tell_group_done(std::size_t group, bool written);
  void enter(JobPhase phase);
  void lose(Error error);
  [[nodiscard]] bool lost() const { return error_.has_value(); }

  PageRunContext context_;
  std::shared_ptr<const void> files_;
  std::unique_ptr<image::PageStrips> strips_;
  JobStatus* status_;  // null once `run` has returned
  mapreduce::JobId job_;
  std::optional<Error> error_;
  bool cancelled_ = false;  ///< by whoever asked for the job
  bool submitted_ = false, job_over_ = false, mapped_ = false;
  std::vector<Progress> progress_;
  std::vector<std::uint32_t> planes_left_;  // of each group, until it is whole
  std::vector<bool> whole_;
  std::size_t groups_written_ = 0;
  std::uint64_t table_base_ = 0;
  JobPhase phase_ = JobPhase::queued;
  Clock::time_point phase_began_;
  net::Event news_;
  net::Gate at_work_;  // everything that uses the strips on the pool
};

}  // namespace ece465::cluster
