#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/image/codec.hpp"
#include "files.hpp"

namespace ece465::cli {

/// What a result's name has behind its input's stem.
inline constexpr std::string_view kResultSuffix = "_equalized";

/// One file to equalize.
struct Job {
  std::filesystem::path input;   ///< or kDash
  std::filesystem::path output;  ///< or kDash
  /// What the output's name promises; nothing: the format of the input's content.
  std::optional<image::Format> format;
  std::uint64_t bytes = 0;  ///< the input's size as far as it is known, to share out work by
  /// Set when it is known already that this input cannot be done (a folder without images).
  std::optional<Error> refused;
};

/// Whether two names mean one place, whether it exists or not. kDash is none.
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

/// Settles what is read and where each result goes, before anything is written.
///
/// - A folder stands for the images directly in it, by their extensions; with `recursive` also for those
///   below. Hidden files and earlier results (`*_equalized.*`) are left out. Folders are walked in byte order,
///   each once, however symbolic links lead to it.
/// - A result is called `<stem>_equalized<ext>` and lies beside its input, unless `output` names a folder:
///   it is one when it exists as one, ends in '/', or is meant for several inputs. Then the results go there,
///   and below it the tree that `recursive` found is kept. With a single input `output` may name the file.
/// - An input given twice counts once. One that is the result of another is left out, with a note (`*.jpg` the
///   second time). Two that would write the same file are refused.
///
/// Fails with `usage`. What is wrong with one input only (a missing file) is not looked at here, or `refused`.
[[nodiscard]] Result<Plan> plan_jobs(const PlanRequest& request);

}  // namespace ece465::cli
