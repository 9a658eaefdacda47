#pragma once

#include <functional>
#include <stop_token>

#include "ece465/http/client.hpp"
#include "ece465/image/pixels.hpp"
#include "common/file_plan.hpp"
#include "common/progress.hpp"
#include "submit_report.hpp"

namespace ece465::cli {

/// How files are given to a master; the same for all of a run.
struct SubmitOptions {
  http::Url url;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< 0: as the input, or the default
  bool force = false;
  /// Wait for the result and download it; else a job is only started.
  bool wait = true;
  /// Leave nothing on the master. The files have names of their own there, so that nobody else's is touched.
  bool remove = false;
  /// For each byte; and for how long a master that had answered may be gone (it may be restarting).
  std::chrono::steady_clock::duration patience = std::chrono::seconds(30);
  unsigned at_once = 4;
  std::stop_token stop;
  int stdout_descriptor = 1;
};

/// Has a master equalize every job's file, several at once: uploads it, starts a job, waits for its end, downloads
/// the result. One failure does not stop the others; a master that cannot be reached does, and so does a request to
/// stop, which also cancels the jobs that were started (if they were to be waited for).
/// `report(file)` is called once per job, in the order of the jobs.
void submit_files(const std::vector<Job>& jobs, const SubmitOptions& options, Progress& progress,
                  const std::function<void(SubmittedFile&&)>& report);

}  // namespace ece465::cli
