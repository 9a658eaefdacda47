#include "submit.hpp"

#include <filesystem>
#include <memory>
#include <set>

#include "commands.hpp"
#include "equalize/equalize_files.hpp"
#include "common/options.hpp"
#include "submit_files.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

Result<void> check(const SubmitCommand& command, const Plan& plan, const Console& console) {
  if (command.no_wait && !command.output.empty()) {
    return fail(Errc::usage, "--no-wait downloads nothing: there is nothing to write to -o");
  }
  if (command.no_wait && command.remove) {
    return fail(Errc::usage, "--no-wait leaves the result on the master: --remove would take it away");
  }
  if (command.no_wait) return {};
  return check_standard_output(plan, command.json, console);
}

/// On a master all files lie in one folder. Whoever sends two of one name should know that one of them is called
/// otherwise there before anything is sent.
void note_namesakes(const SubmitCommand& command, Plan& plan) {
  std::set<std::filesystem::path> names;
  std::vector<std::string> namesakes;
  for (const Job& job : plan.jobs) {
    const bool is_new = names.insert(job.input.filename()).second;
    if (!job.refused && !is_new) namesakes.push_back(job.input.string());
  }
  if (namesakes.empty() || command.remove) return;
  const std::string others = namesakes.size() == 1 ? "" : fmt::format(", and {} more", namesakes.size() - 1);
  plan.notes.push_back(fmt::format("{}{}: another input has the same name; on the master a number is added to it",
                                   namesakes.front(), others));
}

/// Takes the files' reports as they come, tells of each, and adds them up.
class Reporter {
 public:
  Reporter(const SubmitCommand& command, std::string url, Console& console) : command_(command), console_(console) {
    run_.url = std::move(url);
  }

  void take(SubmittedFile&& file) {
    if (!command_.quiet) {
      for (const auto& note : file.notes) console_.note(fmt::format("{}: {}", file.input, note));
    }
    if (file.error) {
      fail_with(*file.error);
    } else {
      ++run_.done;
      run_.bytes_in += file.bytes_in;
      run_.bytes_out += file.bytes_out;
      if (!command_.quiet) tell(file);
    }
    if (command_.json) run_.files.push_back(std::move(file));
  }

  /// Sums the run up; returns the exit code.
  int finish(Plan& plan, std::chrono::nanoseconds duration) {
    run_.duration = duration;
    run_.notes = std::move(plan.notes);
    if (command_.json) console_.print(submit_json(run_));
    const std::size_t all = run_.done + run_.failed;
    if (interrupted_) {
      console_.error(all == 1 ? "interrupted" : fmt::format("interrupted: {} of {} files done", run_.done, all));
      return kExitInterrupted;
    }
    if (all > 1 && run_.failed > 0) {
      console_.error(fmt::format("{} of {} files failed", run_.failed, all));
    } else if (all > 1 && !command_.quiet && console_.can_show_status()) {
      console_.note(fmt::format("{} {}, {} in {}", counted(run_.done, "file"), command_.no_wait ? "sent" : "done",
                                format_bytes(run_.bytes_in), format_duration(duration)));
    }
    if (run_.failed == 0) return kExitOk;
    return all == 1 || lost_ ? exit_code(worst_) : kExitFailed;
  }

 private:
  void fail_with(const Error& error) {
    ++run_.failed;
    // A master that is gone fails every file that was left: said once, and that is what counts.
    const bool lost = error.code == Errc::unavailable || error.code == Errc::timeout;
    if (error.code == Errc::cancelled) {
      interrupted_ = true;  // one line for all, at the end
    } else if (!lost || !lost_) {
      console_.error(error.text());
    }
    if (!lost_) worst_ = error.code;
    lost_ = lost_ || lost;
  }

  void tell(const SubmittedFile& file) {
    if (file.job) {
      for (const auto& note : file.job->notes) console_.note(fmt::format("{}: {}", file.input, note));
    }
    const bool product_is_image = file.output == "standard output";
    if (command_.json || product_is_image) return;
    console_.print((command_.no_wait ? started_line(file, run_.url) : submitted_line(file)) + "\n");
  }

  const SubmitCommand& command_;
  Console& console_;
  SubmitReport run_;
  Errc worst_ = Errc::internal;
  bool interrupted_ = false, lost_ = false;
};

constexpr const char* kSubmitDescription =
    "Have a master and its workers equalize images\n"
    "\n"
    "Uploads each file to a running master, waits until it is equalized, and downloads the result to where "
    "equalize would have put it. Several files are on their way at once.";

constexpr const char* kSubmitFooter =
    "On the master a file lies under its own name, in place of one that was called so, and stays there with its "
    "result, for the web page to show; --remove takes both away, and uses names that nobody else has meanwhile, which "
    "is what to choose on a master that is shared with others. Files of one name from different folders get "
    "numbers there. A master that goes away is waited for, up to --timeout. Ctrl-C cancels the jobs that were "
    "started, unless --no-wait.\n"
    "\n"
    "A line per file: what it is, who worked on it, wall seconds per phase (up: upload; map: histograms; apply: "
    "tables; stitch: results put together), bytes between master and workers, and all of the time.\n"
    "\n"
    "JSON:\n"
    "  {url, files: [{input, output, name: on the master, job: as GET /api/v1/jobs/ID tells it or null, notes,\n"
    "    upload_seconds, download_seconds, seconds, bytes_in, bytes_out, error: null or {code, message}}],\n"
    "   notes, done, failed, seconds, bytes_in, bytes_out}\n"
    "\n"
    "Examples:\n"
    "  ece465 submit photo.jpg                         writes photo_equalized.jpg\n"
    "  ece465 submit photos --url http://node0:8000    a folder, to another machine\n"
    "  ece465 submit *.tif -o results/ --json          many files, told as JSON\n"
    "  ece465 submit big.tif --no-wait                 prints where the result will be\n";

}  // namespace

int run_submit(const SubmitCommand& command, Console& console, std::stop_token stop) {
  if (command.inputs.empty()) return report_error(console, {Errc::usage, "submit: no input; name images or folders"});
  auto url = http::parse_url(command.url);
  if (!url) return report_error(console, about("--url", url.error()).error());
  auto plan = plan_jobs({.inputs = command.inputs, .output = command.output, .recursive = command.recursive});
  if (!plan) return report_error(console, plan.error());
  if (auto fine = check(command, *plan, console); !fine) return report_error(console, fine.error());
  note_namesakes(command, *plan);
  if (!command.quiet) {
    for (const auto& note : plan->notes) console.note(note);
  }
  std::uint64_t bytes = 0;
  for (const Job& job : plan->jobs) bytes += job.bytes;

  const auto start = Clock::now();
  Reporter reporter(command, url_text(*url), console);
  SubmitOptions options;
  options.url = *std::move(url);
  options.channels = command.channels;
  options.quality = command.quality;
  options.force = command.force;
  options.wait = !command.no_wait;
  options.remove = command.remove;
  options.patience = command.patience;
  options.stop = std::move(stop);
  options.stdout_descriptor = console.out_descriptor();
  {
    Progress progress(console, plan->jobs.size(), bytes, !command.quiet);
    submit_files(plan->jobs, options, progress, [&reporter](SubmittedFile&& file) { reporter.take(std::move(file)); });
  }
  return reporter.finish(*plan, Clock::now() - start);
}

void setup_submit(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<SubmitCommand>();
  CLI::App* command = add_command(
      app, "submit", kSubmitDescription, chosen,
      [options](Console& console, std::stop_token stop) { return run_submit(*options, console, std::move(stop)); });
  command->footer(kSubmitFooter);
  command->add_option("IN", options->inputs, "Images or folders; - is standard input")->type_name("FILE|FOLDER");

  constexpr const char* kMaster = "Master";
  add_url(*command, options->url)->group(kMaster);
  add_timeout(*command, options->patience, "Give up when the master is away, or says nothing, for this long")
      ->group(kMaster);
  add_switch(*command, "--no-wait", options->no_wait, "Only start the jobs, and print where the results will be")
      ->group(kMaster);
  add_switch(*command, "--remove", options->remove, "Leave neither the file nor its result on the master")
      ->group(kMaster);

  constexpr const char* kResult = "Result";
  add_output(*command, options->output)->group(kResult);
  add_switch(*command, "--force", options->force, "Replace files that exist")->group(kResult);
  add_channels(*command, options->channels)->group(kResult);
  add_quality(*command, options->quality)->group(kResult);
  add_switch(*command, "-r,--recursive", options->recursive, "Look into the folders of folders, too")->group(kResult);

  constexpr const char* kOutput = "Telling";
  add_switch(*command, "--json", options->json, "One JSON object on standard output instead of lines")->group(kOutput);
  add_switch(*command, "-q,--quiet", options->quiet, "Errors only")->group(kOutput);
}

}  // namespace ece465::cli
