#pragma once

#include <memory>
#include <optional>

#include "ece465/image/codec.hpp"
#include "jobs/page_run.hpp"
#include "jobs/engine.hpp"
#include "store/data_folder.hpp"
#include "store/job_store.hpp"

namespace ece465::cluster {

/// Memory for pages at work, shared by all jobs: first come, first served.
class MemoryBudget {
 public:
  MemoryBudget(const asio::any_io_executor& executor, std::uint64_t bytes) : left_(bytes), freed_(executor) {}

  class Share {
   public:
    Share(MemoryBudget& budget, std::uint64_t bytes) : budget_(&budget), bytes_(bytes) {}
    ~Share() {
      budget_->left_ += bytes_;
      budget_->freed_.notify();
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    MemoryBudget* budget_;
    std::uint64_t bytes_;
  };
  /// Waits until there are `bytes`, and everybody who came before has had theirs. More than the whole is never there.
  [[nodiscard]] net::Task<std::unique_ptr<Share>> take(std::uint64_t bytes);

 private:
  std::uint64_t left_;
  std::uint64_t next_ticket_ = 0, serving_ = 0;
  net::Event freed_;
};

/// What image jobs stand on.
struct ImageJobContext {
  PageRunContext pages;
  DataFolder* folder = nullptr;
  JobStore* store = nullptr;
  asio::thread_pool* files = nullptr;
  MemoryBudget* memory = nullptr;
  std::uint64_t memory_bytes = 0;  ///< the whole budget
  Limits limits;
};

/// What a file's header says. Blocking. Fails as `image::open_image` and `DataFolder::open_file`.
[[nodiscard]] Result<ImageSummary> summarize(const DataFolder& folder, const JobRequest& request, const Limits& limits);

/// One accepted job: its file page by page over the workers, and its result under its name at the end.
class ImageJob {
 public:
  ImageJob(ImageJobContext context, JobStatus status) : context_(std::move(context)), status_(std::move(status)) {}

  /// Does the job. The result is there, whole, or nothing of it.
  [[nodiscard]] net::Task<Result<void>> run();
  void cancel();

  [[nodiscard]] JobStatus& status() { return status_; }
  [[nodiscard]] const JobStatus& status() const { return status_; }
  /// The page at work, if there is one.
  [[nodiscard]] const PageRun* page() const { return page_.get(); }
  /// What happened to its strips; null once it was forgotten.
  [[nodiscard]] std::shared_ptr<const JobTimeline> timeline() const { return timeline_; }
  /// Only for a job that has ended.
  void forget_timeline() { timeline_.reset(); }

 private:
  struct Files;
  [[nodiscard]] Result<std::shared_ptr<Files>> open();
  [[nodiscard]] net::Task<Result<void>> do_page(std::shared_ptr<Files> files, std::size_t page);

  ImageJobContext context_;
  JobStatus status_;
  std::shared_ptr<PageRun> page_;
  std::shared_ptr<JobTimeline> timeline_ = std::make_shared<JobTimeline>();
  bool cancelled_ = false;
};

}  // namespace ece465::cluster
