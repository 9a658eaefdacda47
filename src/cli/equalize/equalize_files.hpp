#pragma once

#include <functional>
#include <stop_token>

#include "common/file_plan.hpp"
#include "common/plot.hpp"
#include "common/progress.hpp"
#include "report.hpp"

namespace ece465::cli {

/// Options of a run.
struct FileOptions {
  image::Channels channels = image::Channels::luma;
  int quality = 0;
  unsigned threads = 1;  ///< for all files together
  std::uint64_t memory_bytes = 0;
  bool force = false;
  std::stop_token stop;
  int stdout_descriptor = 1;
  Plot* plot = nullptr;  ///< collects histograms when set; for a single file
};

/// Equalizes the files of all jobs, several at once. One failure does not stop the others; a request to stop does.
/// `report(file)` is called once per job, in the order of the jobs, from any thread but never concurrently. Results do
/// not depend on threads, memory or order.
void equalize_files(const std::vector<Job>& jobs, const FileOptions& options, Progress& progress,
                    const std::function<void(FileReport&&)>& report);

}  // namespace ece465::cli
