#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/base/rfc3339.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/image/histogram.hpp"
#include "ece465/mapreduce/views.hpp"

/// What the master knows of a job: plain values, shared by everything that stores, reports or runs jobs.

namespace ece465::cluster {

/// Numbers start at 1 and continue after a restart. Shown as "job_7".
enum class JobNumber : std::uint64_t {};
[[nodiscard]] std::string to_string(JobNumber number);
/// Parses "job_7".
[[nodiscard]] std::optional<JobNumber> parse_job_number(std::string_view text);

enum class JobState : std::uint8_t { queued, running, done, failed, cancelled };
enum class JobPhase : std::uint8_t { queued, read, map, reduce, apply, write, done };

struct JobRequest {
  std::string file;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< of a JPEG result; 0: that of the input

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
/// Size, depth and colour are those of the first page.
[[nodiscard]] ImageSummary image_summary(const image::ImageReader& reader);

/// The state and statistics of a job.
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
  /// Of these, the bytes of each phase.
  std::uint64_t map_sent = 0, map_received = 0, apply_sent = 0, apply_received = 0;
  std::uint64_t strips = 0, map_done = 0, apply_done = 0, attempts = 0, retries = 0, duplicates = 0, stolen = 0,
                invalid_results = 0;
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

/// The strips of the current page.
struct JobStrips {
  struct Strip {
    std::uint32_t plane = 0, first_row = 0, rows = 0;
    mapreduce::StripState state = mapreduce::StripState::unread;
    std::vector<std::string> workers;
    std::optional<std::string> by;
    std::uint32_t failed_attempts = 0;
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

}  // namespace ece465::cluster
