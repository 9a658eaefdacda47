#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "model/job.hpp"

namespace ece465::cluster {

/// What the job store keeps, so that it does not grow for ever.
struct JobStoreLimits {
  /// Jobs; older ones that have ended are forgotten. A number is never used again.
  std::uint64_t jobs = 10'000;
  /// Of how many of the newest jobs the histograms are kept, and of how many pages of each: 16-bit colour
  /// takes up to 2 MB a page.
  std::uint64_t jobs_with_levels = 100;
  std::size_t pages_with_levels = 32;
};

/// Jobs as rows in SQLite at <folder>/.ece465/jobs.sqlite. Calls block (the files pool is for them) and may come from
/// any thread: one at a time gets in. What a call wrote survives the process, however that ends. Calls fail with
/// `io`, `no_space` or `corrupt`.
class JobStore {
 public:
  /// Opens the store of a data folder, making it when it is missing. A damaged one is put aside under another name
  /// and a new one begun: see `notes`. Fails with `io`; `unavailable`: another process has it open; `unsupported`: a
  /// newer ece465 made it.
  [[nodiscard]] static Result<JobStore> open(const std::filesystem::path& folder, const JobStoreLimits& limits = {});
  ~JobStore();
  JobStore(JobStore&&) noexcept;
  JobStore& operator=(JobStore&&) noexcept;

  /// Makes sure that the store is where it was opened: when its file is gone (the folder was deleted, and is there
  /// again), all that it holds is written there anew, and kept there from then on. Fails with `io` or `no_space`, also
  /// when there is another store in its place.
  [[nodiscard]] Result<void> follow();

  /// What a person should know of the opening (a damaged store was put aside); usually empty.
  [[nodiscard]] const std::vector<std::string>& notes() const;

  /// Adds a queued job; its number is the next one (1, 2, ...).
  [[nodiscard]] Result<JobNumber> add(const JobRequest& request, WallTime created);
  /// Writes the whole status of a job. One that is not there (forgotten) is left so.
  [[nodiscard]] Result<void> update(const JobStatus& status);
  /// What equalization did to a page (from 0), for the histograms of `/api/v1/jobs/{id}`. Pages beyond the limit
  /// are not kept, silently.
  [[nodiscard]] Result<void> save_levels(JobNumber number, std::size_t page, const PageLevels& levels);
  [[nodiscard]] Result<std::optional<PageLevels>> levels(JobNumber number, std::size_t page) const;
  [[nodiscard]] Result<std::optional<JobStatus>> find(JobNumber number) const;
  /// The newest first; those of one file unless `file` is empty.
  [[nodiscard]] Result<std::vector<JobStatus>> newest(std::size_t limit, std::string_view file = {}) const;
  /// Jobs that have not ended, oldest first: after a crash.
  [[nodiscard]] Result<std::vector<JobStatus>> unfinished() const;
  /// How many jobs are in each state, of those that are kept; states without jobs are there with 0.
  [[nodiscard]] Result<std::map<JobState, std::uint64_t>> counts() const;

 private:
  struct Impl;
  explicit JobStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::cluster
