#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console.hpp"
#include "ece465/base/result.hpp"
#include "ece465/image/codec.hpp"
#include "files.hpp"

namespace ece465::cli {

/// What a result's name adds to its input's stem.
inline constexpr std::string_view kResultSuffix = "_equalized";

/// One file to equalize.
struct Job {
  std::filesystem::path input;   ///< or kDash
  std::filesystem::path output;  ///< or kDash
  /// The format that the output's name implies; none: that of the input's content.
  std::optional<image::Format> format;
  std::uint64_t bytes = 0;  ///< the input's size if known, to divide the work
  /// Why this input cannot be processed, if that is known already (a folder without images).
  std::optional<Error> refused;
};

/// Whether two names denote the same file, which need not exist. kDash denotes none.
[[nodiscard]] bool same_place(const std::filesystem::path& a, const std::filesystem::path& b);

struct Plan {
  std::vector<Job> jobs;
  std::vector<std::string> notes;
};

struct PlanRequest {
  std::vector<std::string> inputs;  ///< files, folders, or kDash
  std::string output;               ///< a file, a folder, kDash; empty: beside the inputs
  bool recursive = false;
};

/// Decides what to read and where each result goes, before anything is written.
///
/// - A folder stands for the images directly in it, recognized by extension; with `recursive` also for those in its
///   subfolders. Hidden files and earlier results (`*_equalized.*`) are skipped. Folders are visited in byte order,
///   each once, even if symbolic links lead to it again.
/// - A result is called `<stem>_equalized<ext>` and is written beside its input, unless `output` names a folder: one
///   that exists, ends in '/', or has to hold several results. Then results go there; `recursive` recreates the
///   subfolders in it. With a single input `output` may name a file.
/// - An input given twice counts once. One that is the result of another is skipped, with a note (`*.jpg` the second
///   time). Two that would write the same file are refused.
///
/// Fails with `usage`. A problem of a single input is put into `refused`, or not checked here (a missing file).
[[nodiscard]] Result<Plan> plan_jobs(const PlanRequest& request);

/// Creates the file for a job's result, its folder included; a temporary file for standard output. Fails with `io`, and
/// unless `force` is set also if the result exists.
[[nodiscard]] Result<std::unique_ptr<OutputFile>> open_output(const Job& job, bool force);

/// The format of the result: the one that its name implies, else that of the input's content.
[[nodiscard]] Result<image::Format> output_format(const Job& job, const ByteSource& source);

/// Fails with `usage` if a result would go to standard output together with `json`, or to a terminal.
[[nodiscard]] Result<void> check_standard_output(const Plan& plan, bool json, const Console& console);

}  // namespace ece465::cli
