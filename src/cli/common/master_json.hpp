#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/base/rfc3339.hpp"

/// Answers of a master's /api/v1 as values. Pure functions. Members that are missing or of the wrong type are empty or
/// 0, so that slightly older or newer masters are understood. An answer that is not a JSON object is `corrupt`.

namespace ece465::cli {

enum class RemoteState : std::uint8_t { queued, running, done, failed, cancelled };
/// Whether a job in this state will not change any more.
[[nodiscard]] constexpr bool has_ended(RemoteState state) {
  return state != RemoteState::queued && state != RemoteState::running;
}

/// A job.
struct RemoteJob {
  struct Image {
    std::string format;
    std::uint64_t width = 0, height = 0, bits = 8, pages = 1;
    bool color = false;
  };
  struct Share {
    std::string id;  ///< of a worker; "master" for the master's own share
    std::uint64_t strips = 0, bytes = 0;
  };

  std::string id;
  std::string file, result;  ///< names on the master
  RemoteState state = RemoteState::queued;
  std::optional<Error> error;  ///< why it failed; its subject is the file's name on the master
  std::string phase;           ///< "map"
  double progress = 0;
  double seconds = 0;
  std::vector<std::pair<std::string, double>> phases;  ///< wall seconds, in the master's order
  std::optional<Image> image;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< on the workers' sockets
  std::uint64_t retries = 0;
  std::vector<Share> shares;
  std::vector<std::string> notes;
  std::string json;  ///< as the master sent it
};

struct RemoteWorker {
  std::string id, dialect, state;
  std::uint64_t threads = 1, strips_in_flight = 0, bytes_in_flight = 0, strips_merged = 0;
  double bytes_per_second = 0;
  std::optional<WallTime> last_heard;
};

/// The master itself.
struct RemoteStatus {
  std::string version;
  std::optional<WallTime> started;
  double uptime_seconds = 0;
  std::uint64_t workers = 0, connections = 0;
  std::uint64_t queued = 0, running = 0, done = 0, failed = 0, cancelled = 0;  ///< jobs
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  double pixels_per_second = 0;
  /// The master's clock when it answered: started + uptime.
  [[nodiscard]] std::optional<WallTime> now() const;
};

[[nodiscard]] Result<RemoteJob> parse_job(std::string_view json);
/// `{"jobs": [...]}`
[[nodiscard]] Result<std::vector<RemoteJob>> parse_jobs(std::string_view json);
/// `{"workers": [...]}`
[[nodiscard]] Result<std::vector<RemoteWorker>> parse_workers(std::string_view json);
[[nodiscard]] Result<RemoteStatus> parse_status(std::string_view json);
/// The error in an answer; none if it holds none. `code` is used if the master sent only a text.
[[nodiscard]] std::optional<Error> parse_refusal(std::string_view json, Errc code);
/// The name in the answer to an upload, if there is one.
[[nodiscard]] std::optional<std::string> parse_uploaded(std::string_view json);

/// The body of POST /api/v1/jobs.
[[nodiscard]] std::string job_request_json(std::string_view file, std::string_view channels, int quality);

}  // namespace ece465::cli
