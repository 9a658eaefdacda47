#pragma once

#include <functional>
#include <stop_token>

#include "ece465/base/byte_sink.hpp"
#include "ece465/base/byte_source.hpp"
#include "common/file_plan.hpp"
#include "common/plot.hpp"
#include "common/progress.hpp"
#include "report.hpp"

namespace ece465::cli {

/// How files are equalized; the same for all of a run.
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

/// Equalizes every job's file, several at once. One failure does not stop the others; a request to stop does.
/// `report(index, file)` is called once per job, in the order of the jobs, from any thread but never twice at
/// a time. Results do not depend on threads, memory or order.
void equalize_files(const std::vector<Job>& jobs, const FileOptions& options, Progress& progress,
                    const std::function<void(FileReport&&)>& report);

/// Makes the place for a job's result, its folder included; a temporary one for standard output. Fails with `io`;
/// without `force` also when the result exists.
[[nodiscard]] Result<std::unique_ptr<OutputFile>> open_output(const Job& job, bool force);

/// The format of the result: what its name promises, else that of the content.
[[nodiscard]] Result<image::Format> output_format(const Job& job, const ByteSource& source);

/// Refuses, with `usage`, a result on standard output where it cannot go: a terminal, or among `json`.
[[nodiscard]] Result<void> check_standard_output(const Plan& plan, bool json, const Console& console);

}  // namespace ece465::cli
