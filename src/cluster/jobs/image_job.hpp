#pragma once

#include <memory>
#include <optional>

#include "ece465/image/codec.hpp"
#include "jobs/page_run.hpp"
#include "model/job.hpp"
#include "store/data_folder.hpp"
#include "store/job_store.hpp"

namespace ece465::cluster {

/// Memory for the pages of all jobs, allocated in order of request.
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
  /// Waits until `bytes` are free and all earlier requests are satisfied. `bytes` must not exceed the whole budget.
  [[nodiscard]] net::Task<std::unique_ptr<Share>> take(std::uint64_t bytes);

 private:
  std::uint64_t left_;
  std::uint64_t next_ticket_ = 0, serving_ = 0;
  net::Condition freed_;
};

/// Dependencies of image jobs.
struct ImageJobContext {
  PageRunContext pages;
  DataFolder* folder = nullptr;
  JobStore* store = nullptr;
  asio::thread_pool* files = nullptr;
  MemoryBudget* memory = nullptr;
  std::uint64_t memory_bytes = 0;  ///< the whole budget
  Limits limits;
};

/// Reads a file's header. Blocking. Fails as `image::open_image` and `DataFolder::open_file`.
[[nodiscard]] Result<ImageSummary> summarize(const DataFolder& folder, const JobRequest& request, const Limits& limits);

/// One accepted job. Processes its file page by page on the workers, and publishes the result at the end.
class ImageJob {
 public:
  ImageJob(ImageJobContext context, JobStatus status) : context_(std::move(context)), status_(std::move(status)) {}

  /// The result appears under its name only when it is complete.
  [[nodiscard]] net::Task<Result<void>> run();
  void cancel();

  [[nodiscard]] JobStatus& status() { return status_; }
  [[nodiscard]] const JobStatus& status() const { return status_; }
  /// The current page, if there is one.
  [[nodiscard]] const PageRun* page() const { return page_.get(); }
  /// Null after `forget_timeline`.
  [[nodiscard]] std::shared_ptr<const JobTimeline> timeline() const { return timeline_; }
  /// Frees the timeline of a job that has ended.
  void forget_timeline() { timeline_.reset(); }

 private:
  struct Files;
  [[nodiscard]] Result<std::shared_ptr<Files>> open();
  [[nodiscard]] net::Task<Result<void>> run_page(std::shared_ptr<Files> files, std::size_t page);

  ImageJobContext context_;
  JobStatus status_;
  std::shared_ptr<PageRun> page_;
  std::shared_ptr<JobTimeline> timeline_ = std::make_shared<JobTimeline>();
  bool cancelled_ = false;
};

}  // namespace ece465::cluster
