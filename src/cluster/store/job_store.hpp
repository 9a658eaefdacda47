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

/// Bounds the store's size.
struct JobStoreLimits {
  /// Jobs. Older ones are deleted once they have ended; numbers are never reused.
  std::uint64_t jobs = 10'000;
  /// Histograms are kept for this many of the newest jobs, and this many pages of each: a page of 16-bit colour takes
  /// up to 2 MB.
  std::uint64_t jobs_with_levels = 100;
  std::size_t pages_with_levels = 32;
};

/// Jobs in an SQLite database, <folder>/.ece465/jobs.sqlite. Calls block (use the files pool) and are serialized by a
/// mutex. What a call has written survives a crash of the process. Calls fail with `io`, `no_space` or `corrupt`.
class JobStore {
 public:
  /// Opens the store of a data folder, creating it if necessary. A damaged one is renamed and replaced by an empty one:
  /// see `notes`. Fails with `io`; `unavailable`: another process has it open; `unsupported`: written by a newer
  /// ece465.
  [[nodiscard]] static Result<JobStore> open(const std::filesystem::path& folder, const JobStoreLimits& limits = {});
  ~JobStore();
  JobStore(JobStore&&) noexcept;
  JobStore& operator=(JobStore&&) noexcept;

  /// Checks that the database file still exists. If it has been deleted with its folder, writes all jobs to a new file
  /// in its place and uses that from then on. Fails with `io` or `no_space`, also if another store is there.
  [[nodiscard]] Result<void> follow();

  /// Messages about the opening, for the log: that a damaged store was renamed. Usually empty.
  [[nodiscard]] const std::vector<std::string>& notes() const;

  /// Adds a queued job and returns its number: 1, 2, ...
  [[nodiscard]] Result<JobNumber> add(const JobRequest& request, WallTime created);
  /// Stores a job's status. No effect if the job has been deleted.
  [[nodiscard]] Result<void> update(const JobStatus& status);
  /// Stores a page's histograms and tables (pages count from 0). Ignores pages beyond the limit.
  [[nodiscard]] Result<void> save_levels(JobNumber number, std::size_t page, const PageLevels& levels);
  [[nodiscard]] Result<std::optional<PageLevels>> levels(JobNumber number, std::size_t page) const;
  [[nodiscard]] Result<std::optional<JobStatus>> find(JobNumber number) const;
  /// Newest first. Only those of `file`, unless it is empty.
  [[nodiscard]] Result<std::vector<JobStatus>> newest(std::size_t limit, std::string_view file = {}) const;
  /// Jobs that have not ended, oldest first: to resume after a restart.
  [[nodiscard]] Result<std::vector<JobStatus>> unfinished() const;
  /// The number of stored jobs in each state, including states without jobs.
  [[nodiscard]] Result<std::map<JobState, std::uint64_t>> counts() const;

 private:
  struct Impl;
  explicit JobStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::cluster
