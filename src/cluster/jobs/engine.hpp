#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ece465/net/asio.hpp"
#include "ece465/text/tally.hpp"
#include "model/job.hpp"
#include "model/worker_status.hpp"
#include "observability/timeline.hpp"

namespace ece465::cluster {

/// A text that is read once, from beginning to end.
class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Reads up to `out.size()` bytes. Returns 0 at the end.
  [[nodiscard]] virtual net::Task<Result<std::size_t>> read(MutableBytes out) = 0;
};

/// The master's jobs, as the API uses them: accepts jobs, runs them on the workers, reports their state. On the loop's
/// thread only.
class Engine {
 public:
  virtual ~Engine() = default;
  struct Accepted {
    JobStatus job;
    bool existing = false;  ///< the file already had this job running

    Accepted() = default;
  };
  /// Accepts a job. When this returns, the job is in the store and will run even if this process is restarted. Fails
  /// with `bad_input` "File not found" if the file does not exist; with `unavailable` if the master is stopping; with
  /// `corrupt`, `unsupported`, `too_large`, `bad_input` if the header shows that the image cannot be read.
  [[nodiscard]] virtual net::Task<Result<Accepted>> process(JobRequest request) = 0;
  /// Counts a text on the workers while it is read. Reading pauses while too many pieces wait. Fails as reading does,
  /// with `too_large` (see jobs/text_run.hpp), and with `unavailable` if the master is stopping.
  [[nodiscard]] virtual net::Task<Result<text::Tally>> map_text(text::Kind kind, TextSource& source) = 0;
  /// Fails with `bad_input` if the job does not exist or has ended.
  [[nodiscard]] virtual Result<void> cancel(JobNumber number) = 0;
  [[nodiscard]] virtual std::optional<JobStatus> job(
      JobNumber number) const = 0;                                ///< recent ones; older ones are in the store
  [[nodiscard]] virtual std::vector<JobStatus> jobs() const = 0;  ///< running and recent, newest first
  [[nodiscard]] virtual std::optional<JobStrips> strips(JobNumber number) const = 0;
  /// What happened to a job's strips; null if it is no longer kept.
  [[nodiscard]] virtual std::shared_ptr<const JobTimeline> timeline(JobNumber number) const = 0;
  [[nodiscard]] virtual std::vector<WorkerStatus> workers() const = 0;
  struct Totals {
    std::uint64_t bytes_sent = 0, bytes_received = 0;
    double samples_per_second = 0;
  };
  [[nodiscard]] virtual Totals totals() const = 0;
};

}  // namespace ece465::cluster
