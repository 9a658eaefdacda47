#include "file_plan.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "text.hpp"

namespace ece465::cli {
namespace {

namespace fs = std::filesystem;

/// `path` in a form that is equal for equal files, whether they exist or not.
std::string identity(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return (error ? fs::absolute(path, error) : canonical).string();
}

fs::path result_name(const fs::path& input) {
  fs::path name = input.stem();
  name += kResultSuffix;
  name += input.extension();
  return name;
}

bool is_result_name(const fs::path& name) { return name.stem().string().ends_with(kResultSuffix); }

/// Size of a file; 0 if unknown.
std::uint64_t size_of(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// One input, and its place below the folder that was given.
struct Found {
  fs::path path;
  fs::path below;  ///< relative folder; empty for files given by name
  std::optional<Error> refused;
};

/// Collects the images of one folder.
class FolderScan {
 public:
  explicit FolderScan(bool recursive) : recursive_(recursive) {}

  std::vector<Found> run(const fs::path& folder) {
    walk(folder, {});
    if (found_.empty()) found_.push_back({folder, {}, Error{Errc::bad_input, nothing_in(folder)}});
    return std::move(found_);
  }

 private:
  void walk(const fs::path& folder, const fs::path& below) {
    // A folder is identified by device and inode: symbolic links may lead to it again.
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0 || !seen_.insert({status.st_dev, status.st_ino}).second) return;

    std::error_code error;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      entries.push_back(*at);
    if (error) {
      found_.push_back(
          {folder, below, Error{Errc::bad_input, fmt::format("cannot list: {}", error.message()), folder.string()}});
    }
    std::ranges::sort(entries, {}, [](const fs::directory_entry& e) { return e.path().native(); });
    for (const auto& entry : entries) visit(entry, below);
  }

  void visit(const fs::directory_entry& entry, const fs::path& below) {
    const fs::path& path = entry.path();
    const fs::path name = path.filename();
    if (name.string().starts_with('.')) return;
    std::error_code error;
    const fs::file_type type = entry.status(error).type();
    if (type == fs::file_type::directory) {
      ++folders_;
      if (recursive_) walk(path, below / name);
      return;
    }
    // A dangling link is kept as well: opening it will report what is wrong.
    if (type != fs::file_type::regular && type != fs::file_type::not_found) return;
    if (!image::format_of_name(name.string())) return;
    if (is_result_name(name)) {
      ++results_;
      return;
    }
    found_.push_back({path, below, {}});
  }

  std::string nothing_in(const fs::path& folder) const {
    std::string text = folder.string() + ": no .jpg, .jpeg, .tif, .tiff or .png files in it";
    if (results_ > 0) text += fmt::format(" but {} called *{}.*", counted(results_, "earlier result"), kResultSuffix);
    if (folders_ > 0 && !recursive_) text += "; --recursive looks into its folders";
    return text;
  }

  bool recursive_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::vector<Found> found_;
  std::size_t results_ = 0, folders_ = 0;
};

/// The format that the name of an output file implies.
Result<std::optional<image::Format>> format_for(const std::string& output) {
  if (const auto format = image::format_of_name(output)) return format;
  const std::string extension = fs::path(output).extension().string();
  if (extension.empty()) return std::nullopt;
  return fail_on(output, Errc::usage, "{} cannot be written; choose .jpg, .tif or .png", extension);
}

class Planner {
 public:
  explicit Planner(const PlanRequest& request) : request_(request) {}

  Result<Plan> run() {
    ECE465_TRY(check_dashes());
    const bool several = request_.inputs.size() > 1 || std::ranges::any_of(request_.inputs, [](const std::string& in) {
                           std::error_code error;
                           return fs::is_directory(in, error);
                         });
    ECE465_TRY(resolve_output(several));
    for (const auto& input : request_.inputs) {
      for (auto& found : expand(input)) ECE465_TRY(add(std::move(found)));
    }
    drop_results();
    ECE465_TRY(check_collisions());
    return std::move(plan_);
  }

 private:
  Result<void> check_dashes() const {
    if (request_.inputs.empty()) {
      return fail(Errc::usage, "no input; name images or folders, or - for standard input");
    }
    const bool reads_stdin = std::ranges::find(request_.inputs, kDash) != request_.inputs.end();
    if (reads_stdin && request_.inputs.size() > 1) {
      return fail(Errc::usage, "- (standard input) cannot be combined with other inputs");
    }
    return {};
  }

  Result<void> resolve_output(bool several) {
    const std::string& out = request_.output;
    if (out.empty()) return {};
    if (out == kDash) {
      if (several) return fail(Errc::usage, "-o -: several results cannot go to standard output; name a folder");
      return {};
    }
    std::error_code error;
    const bool is_folder = fs::is_directory(out, error);
    into_folder_ = several || is_folder || out.ends_with('/');
    if (into_folder_ && !is_folder && fs::exists(out, error)) {
      return fail_on(out, Errc::usage, "is a file, but several results need a folder");
    }
    if (into_folder_ && request_.inputs[0] == kDash) {
      return fail_on(out, Errc::usage, "is a folder; name a file for the result of standard input");
    }
    return {};
  }

  std::vector<Found> expand(const std::string& input) const {
    std::error_code error;
    if (input != kDash && fs::is_directory(input, error)) return FolderScan(request_.recursive).run(input);
    return {{input, {}, {}}};
  }

  Result<void> add(Found found) {
    Job job;
    job.input = std::move(found.path);
    job.refused = std::move(found.refused);
    if (!job.refused && job.input != kDash) {
      if (!inputs_.insert({identity(job.input), plan_.jobs.size()}).second) return {};  // given twice
      job.bytes = size_of(job.input);
    }
    const std::string& out = request_.output;
    if (into_folder_) {
      job.output = fs::path(out) / found.below / result_name(job.input);
      job.format = image::format_of_name(job.output.string());
    } else if (out == kDash || (out.empty() && job.input == kDash)) {
      job.output = kDash;
    } else if (out.empty()) {
      job.output = job.input.parent_path() / result_name(job.input);
      job.format = image::format_of_name(job.output.string());
    } else {
      job.output = out;
      ECE465_ASSIGN(job.format, format_for(out));
    }
    plan_.jobs.push_back(std::move(job));
    return {};
  }

  /// An input whose name is that of another one's result is that result, from an earlier run.
  void drop_results() {
    std::set<std::size_t> dropped;
    for (std::size_t i = 0; i < plan_.jobs.size(); ++i) {
      const Job& job = plan_.jobs[i];
      if (job.refused || job.output == kDash) continue;
      const auto other = inputs_.find(identity(job.output));
      if (other == inputs_.end() || other->second == i || !is_result_name(job.output)) continue;
      if (!dropped.insert(other->second).second) continue;
      plan_.notes.push_back(fmt::format("{}: skipped, it is the result of {}", plan_.jobs[other->second].input.string(),
                                        job.input.string()));
    }
    std::vector<Job> kept;
    for (std::size_t i = 0; i < plan_.jobs.size(); ++i) {
      if (!dropped.contains(i)) kept.push_back(std::move(plan_.jobs[i]));
    }
    plan_.jobs = std::move(kept);
  }

  Result<void> check_collisions() const {
    std::map<std::string, const Job*> outputs;
    for (const Job& job : plan_.jobs) {
      if (job.refused || job.output == kDash) continue;
      const auto [other, is_new] = outputs.insert({identity(job.output), &job});
      if (is_new) continue;
      return fail(Errc::usage, "{} and {} would both be written to {}; equalize them into different folders",
                  other->second->input.string(), job.input.string(), job.output.string());
    }
    return {};
  }

  const PlanRequest& request_;
  bool into_folder_ = false;
  Plan plan_;
  std::map<std::string, std::size_t> inputs_;  ///< identity to index into plan_.jobs
};

}  // namespace

bool same_place(const fs::path& a, const fs::path& b) {
  if (a == kDash || b == kDash) return false;
  std::error_code error;
  return identity(a) == identity(b) || fs::equivalent(a, b, error);
}

Result<Plan> plan_jobs(const PlanRequest& request) { return Planner(request).run(); }

Result<std::unique_ptr<OutputFile>> open_output(const Job& job, bool force) {
  using Existing = OutputFile::Existing;
  if (job.output == kDash) {
    // Formats seek while they write; the result goes to standard output once it is complete.
    const char* const chosen = std::getenv("TMPDIR");
    const fs::path folder = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
    return OutputFile::create(folder / "ece465-standard-output", Existing::replace);
  }
  if (job.output.has_parent_path()) {
    std::error_code error;
    fs::create_directories(job.output.parent_path(), error);
    if (error) return fail_on(job.output.string(), Errc::io, "cannot create its folder: {}", error.message());
  }
  return OutputFile::create(job.output, force ? Existing::replace : Existing::refuse);
}

Result<image::Format> output_format(const Job& job, const ByteSource& source) {
  if (job.format) return *job.format;
  std::array<std::byte, 16> head{};
  ECE465_ASSIGN(const std::size_t n, source.read_at(0, head));
  // Content that is not an image is reported by the caller that opens it.
  return image::format_of_content(Bytes(head).first(n)).value_or(image::Format::png);
}

Result<void> check_standard_output(const Plan& plan, bool json, const Console& console) {
  if (plan.jobs.size() != 1 || plan.jobs[0].output != kDash) return {};
  if (console.out_is_terminal()) {
    return fail(Errc::usage, "will not write an image to the terminal; redirect standard output or use -o FILE");
  }
  if (json) return fail(Errc::usage, "--json and the image would both go to standard output; use -o FILE");
  return {};
}

}  // namespace ece465::cli
