#pragma once

#include <functional>
#include <stop_token>

#include "common/file_plan.hpp"
#include "common/progress.hpp"
#include "ece465/http/client.hpp"
#include "ece465/image/pixels.hpp"
#include "submit_report.hpp"

namespace ece465::cli {

/// Options of a run.
struct SubmitOptions {
  http::Url url;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< 0: that of the input, or the default
  bool force = false;
  /// Wait for the result and download it; else only start the job.
  bool wait = true;
  /// Delete the file and its result on the master. They get unique names, so that no other file is replaced.
  bool remove = false;
  /// Between bytes, and for how long to wait for a master that has answered before (it may be restarting).
  std::chrono::steady_clock::duration timeout = std::chrono::seconds(30);
  unsigned at_once = 4;
  std::stop_token stop;
  int stdout_descriptor = 1;
};

/// Has a master equalize the files of all jobs, several at once: uploads each, starts a job, waits for its end, and
/// downloads the result. One failure does not stop the others. An unreachable master does, and so does a request to
/// stop, which also cancels the jobs that were started, if they are waited for. `report(file)` is called once per job,
/// in the order of the jobs.
void submit_files(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
                  const std::function<void(SubmittedFile&&)>& report);

}  // namespace ece465::cli
