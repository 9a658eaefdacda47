#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/master_json.hpp"
#include "common/run_report.hpp"

/// Reports on files that a master equalized, as text or JSON.

namespace ece465::cli {

/// The outcome of one input.
struct SubmittedFile {
  std::string input, output;  ///< as shown; the output is empty if nothing was downloaded
  std::string name;           ///< of the input, on the master
  std::optional<RemoteJob> job;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds upload{}, download{}, duration{};
  std::vector<std::string> notes;  ///< ours; the job has its own
  std::optional<Error> error;
};

/// Who worked on a job.
struct Participants {
  std::size_t workers = 0;
  bool master = false;
};
[[nodiscard]] Participants participants_of(const RemoteJob& job);

/// One line for a finished file: "in.jpg -> out.jpg  1000x750 8-bit color  2 workers  up 0.001, read 0.002, ... down
/// 0.001 s  1.50 MB to workers and back  0.031 s".
[[nodiscard]] std::string submitted_line(const SubmittedFile& file);

/// The same for a job that is not waited for: "in.jpg -> http://.../download/in_equalized.jpg  job_7".
[[nodiscard]] std::string started_line(const SubmittedFile& file, const std::string& url);

/// The object that `submit --json` prints; its help documents the keys.
[[nodiscard]] std::string submit_json(const std::string& url, const std::vector<SubmittedFile>& files,
                                      const RunTotals& totals);

}  // namespace ece465::cli
