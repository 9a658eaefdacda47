#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/base/rfc3339.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/mapreduce/views.hpp"
#include "ece465/net/asio.hpp"
#include "ece465/text/tally.hpp"

/// What the API sees of the master: jobs and workers as they are now, and the calls that change them.

namespace ece465::cluster {

/// Numbers begin with 1 and go on after a restart; people see "job_7".
enum class JobNumber : std::uint64_t {};
[[nodiscard]] std::string to_string(JobNumber number);
/// Reads "job_7"; nothing for anything else.
[[nodiscard]] std::optional<JobNumber> parse_job_number(std::string_view text);

enum class JobState : std::uint8_t { queued, running, done, failed, cancelled };
enum class JobPhase : std::uint8_t { queued, read, map, reduce, apply, write, done };

struct JobRequest {
  std::string file;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< of a JPEG result; 0: as the input

  JobRequest() = default;
  bool operator==(const JobRequest&) const = default;
};

struct ImageSummary {
  image::Format format = image::Format::jpeg;
  std::uint32_t width = 0, height = 0;
  unsigned bits = 8;
  bool color = false;
  std::size_t pages = 1;
  bool operator==(const ImageSummary&) const = default;
};

/// Everything a person may know of a job. A copy; costs no lock.
struct JobStatus {
  JobNumber number{};
  JobRequest request;
  std::string result;  ///< the result's name
  JobState state = JobState::queued;
  std::optional<Error> error;  ///< why it failed or was cancelled
  JobPhase phase = JobPhase::queued;
  double progress = 0;
  std::size_t page = 0;  ///< from 0
  std::optional<ImageSummary> image;
  WallTime created{};
  std::optional<WallTime> started, finished;
  /// Wall time spent in each phase, all pages.
  std::chrono::nanoseconds read{}, split{}, map{}, reduce{}, apply{}, stitch{}, write{};
  std::uint64_t pixels = 0;  ///< bytes of samples that are mapped
  std::uint64_t bytes_sent = 0, bytes_received = 0, bytes_spared = 0;
  /// Of these, what crossed for each phase.
  std::uint64_t map_sent = 0, map_received = 0, apply_sent = 0, apply_received = 0;
  std::uint64_t strips = 0, map_done = 0, apply_done = 0, attempts = 0, retries = 0, duplicates = 0, stolen = 0,
                lies = 0;
  struct Share {
    std::uint64_t strips = 0, bytes = 0;
    bool operator==(const Share&) const = default;
  };
  std::map<std::string, Share> shares;  ///< by worker id; the master is "master"
  std::vector<std::string> notes;

  JobStatus() = default;
  [[nodiscard]] bool ended() const { return state != JobState::queued && state != JobState::running; }
  bool operator==(const JobStatus&) const = default;
};

/// The strips of the page that is at work.
struct JobStrips {
  struct Strip {
    std::uint32_t plane = 0, first_row = 0, rows = 0;
    mapreduce::StripState state = mapreduce::StripState::unread;
    std::vector<std::string> workers;
    std::optional<std::string> by;
    std::uint32_t misses = 0;
  };
  std::size_t page = 0;
  JobPhase phase = JobPhase::queued;
  std::vector<Strip> strips;
};

/// What equalization did to one page.
struct PageLevels {
  unsigned bits = 8;
  std::vector<image::Histogram> before;  ///< one per equalized plane
  std::vector<image::Table> tables;
  bool operator==(const PageLevels&) const = default;
};

struct WorkerStatus {
  std::string id, peer;
  std::string dialect;
  unsigned threads = 1;
  mapreduce::WorkerView view;
  WallTime connected{}, last_heard{};
};

class JobTimeline;

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
