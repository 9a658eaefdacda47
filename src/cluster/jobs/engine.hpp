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

/// What the API sees of the master: jobs and workers as they are now, and the calls that change them.

namespace ece465::cluster {

/// A text that is read once, from its beginning to its end.
class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Fills a part of `out`; 0 at the end.
  [[nodiscard]] virtual net::Task<Result<std::size_t>> read(MutableBytes out) = 0;
};

/// Accepts jobs, runs them over the workers, and tells how they are. On the loop's thread only.
class Engine {
 public:
  virtual ~Engine() = default;
  struct Accepted {
    JobStatus job;
    bool existing = false;  ///< the file's job that runs already

    Accepted() = default;
  };
  /// Takes a job in; when this returns it is in the store and will end, whatever happens to this process.
  /// Fails with `bad_input` "File not found" when there is no such file (code `unavailable`: the master stops);
  /// `corrupt`, `unsupported`, `too_large`, `bad_input` when the header shows that the image cannot be read.
  [[nodiscard]] virtual net::Task<Result<Accepted>> process(JobRequest request) = 0;
  /// Counts a text over the workers while it is read; its pieces wait for workers, and it for them. Fails as reading
  /// does, with `too_large` (see master/text_run.hpp), and with `unavailable` when the master stops.
  [[nodiscard]] virtual net::Task<Result<text::Tally>> map_text(text::Kind kind, TextSource& source) = 0;
  /// Fails with `bad_input`: no such job, or it has ended.
  [[nodiscard]] virtual Result<void> cancel(JobNumber number) = 0;
  [[nodiscard]] virtual std::optional<JobStatus> job(JobNumber number) const = 0;  ///< recent ones; older: the store
  [[nodiscard]] virtual std::vector<JobStatus> jobs() const = 0;                   ///< running and recent, newest first
  [[nodiscard]] virtual std::optional<JobStrips> strips(JobNumber number) const = 0;
  /// What happened to a job's strips; null when nothing is kept of it (any more).
  [[nodiscard]] virtual std::shared_ptr<const JobTimeline> timeline(JobNumber number) const = 0;
  [[nodiscard]] virtual std::vector<WorkerStatus> workers() const = 0;
  struct Totals {
    std::uint64_t bytes_sent = 0, bytes_received = 0;
    double samples_per_second = 0;
  };
  [[nodiscard]] virtual Totals totals() const = 0;
  /// The file is input of a job that has not ended.
  [[nodiscard]] virtual bool in_use(std::string_view file) const = 0;
};

}  // namespace ece465::cluster
