#include "submit.hpp"

#include <filesystem>
#include <memory>
#include <set>

#include "commands.hpp"
#include "common/file_plan.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "submit_files.hpp"

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

Result<void> check_submit(const SubmitCommand& command, const Plan& plan, const Console& console) {
  if (command.no_wait && !command.output.empty()) {
    return fail(Errc::usage, "--no-wait downloads nothing; it cannot be combined with -o");
  }
  if (command.no_wait && command.remove) {
    return fail(Errc::usage, "--no-wait leaves the result on the master; it cannot be combined with --remove");
  }
  if (command.no_wait) return {};
  return check_standard_output(plan, command.json, console);
}

/// A master has a single folder: notes, before anything is sent, that the second file of a name gets another one there.
void note_duplicate_names(const SubmitCommand& command, Plan& plan) {
  std::set<std::filesystem::path> names;
  std::vector<std::string> duplicates;
  for (const Job& job : plan.jobs) {
    const bool is_new = names.insert(job.input.filename()).second;
    if (!job.refused && !is_new) duplicates.push_back(job.input.string());
  }
  if (duplicates.empty() || command.remove) return;
  const std::string others = duplicates.size() == 1 ? "" : fmt::format(", and {} more", duplicates.size() - 1);
  plan.notes.push_back(fmt::format("{}{}: another input has the same name; the master gets it with a number added",
                                   duplicates.front(), others));
}

constexpr const char* kSubmitDescription =
    "Equalize images on a running master and its workers\n"
    "\n"
    "Uploads each file, waits until it is equalized, and downloads the result to where equalize would write it. "
    "Several files are processed at once.";

constexpr const char* kSubmitFooter =
    "On the master a file keeps its name, replacing a file of that name, and stays there with its result, for the "
    "web page to show. --remove uses a unique name and deletes both afterwards: use it on a shared master. Files of "
    "the same name from different folders get numbers. Waits up to --timeout for a master that becomes unreachable. "
    "Ctrl-C cancels the jobs that were started, except with --no-wait.\n"
    "\n"
    "Prints a line per file: its properties, who worked on it, wall seconds per phase (up: upload; map: histograms; "
    "apply: tables; stitch: assembling results), bytes between master and workers, and the total time.\n"
    "\n"
    "JSON:\n"
    "  {url, files: [{input, output, name: on the master, job: as in GET /api/v1/jobs/ID or null, notes,\n"
    "    upload_seconds, download_seconds, seconds, bytes_in, bytes_out, error: null or {code, message}}],\n"
    "   notes, done, failed, seconds, bytes_in, bytes_out}\n"
    "\n"
    "Examples:\n"
    "  ece465 submit photo.jpg                       write photo_equalized.jpg\n"
    "  ece465 submit photos --url http://node0:8000  a folder, on another machine\n"
    "  ece465 submit *.tif -o results/ --json        many files, reported as JSON\n"
    "  ece465 submit big.tif --no-wait               print where the result will be\n";

}  // namespace

int run_submit(const SubmitCommand& command, Console& console, std::stop_token stop) {
  if (command.inputs.empty()) return report_error(console, {Errc::usage, "submit: no input; name images or folders"});
  auto url = http::parse_url(command.url);
  if (!url) return report_error(console, about("--url", url.error()).error());
  auto plan = plan_jobs({.inputs = command.inputs, .output = command.output, .recursive = command.recursive});
  if (!plan) return report_error(console, plan.error());
  if (auto valid = check_submit(command, *plan, console); !valid) return report_error(console, valid.error());
  note_duplicate_names(command, *plan);
  if (!command.quiet) {
    for (const auto& note : plan->notes) console.note(note);
  }
  std::uint64_t bytes = 0;
  for (const Job& job : plan->jobs) bytes += job.bytes;

  const auto start = Clock::now();
  const std::string url_shown = url_text(*url);
  SubmitOptions options;
  options.url = *std::move(url);
  options.channels = command.channels;
  options.quality = command.quality;
  options.force = command.force;
  options.wait = !command.no_wait;
  options.remove = command.remove;
  options.timeout = command.timeout;
  options.stop = std::move(stop);
  options.stdout_descriptor = console.out_descriptor();
  RunReporter reporter(console, command.quiet);
  std::vector<SubmittedFile> files;  // for JSON only
  const auto report = [&](SubmittedFile&& file) {
    reporter.notes(file.input, file.notes);
    if (file.error) {
      reporter.failed(*file.error);
    } else {
      reporter.succeeded(file.bytes_in, file.bytes_out);
      if (file.job) reporter.notes(file.input, file.job->notes);
      if (!command.quiet && !command.json && file.output != "standard output") {
        console.print((command.no_wait ? started_line(file, url_shown) : submitted_line(file)) + "\n");
      }
    }
    if (command.json) files.push_back(std::move(file));
  };
  {
    Progress progress(console, plan->jobs.size(), bytes, !command.quiet);
    submit_files(plan->jobs, options, progress, report);
  }
  reporter.totals.duration = Clock::now() - start;
  reporter.totals.notes = std::move(plan->notes);
  if (command.json) console.print(submit_json(url_shown, files, reporter.totals));
  return reporter.finish(command.no_wait ? "sent" : "done");
}

void setup_submit(Command& program) {
  const auto options = std::make_shared<SubmitCommand>();
  Command& command = program.add_command(
      "submit", kSubmitDescription,
      [options](Console& console, std::stop_token stop) { return run_submit(*options, console, std::move(stop)); });
  command.footer = kSubmitFooter;
  add_inputs(command, "IN", options->inputs, "FILE|FOLDER", "Images or folders; - is standard input");

  command.current_group = "Master";
  add_url(command, options->url);
  add_timeout(command, options->timeout, "Give up when the master is unreachable or silent for this long");
  add_switch(command, "--no-wait", options->no_wait, "Only start the jobs, and print where the results will be");
  add_switch(command, "--remove", options->remove, "Delete the file and its result on the master at the end");

  command.current_group = "Result";
  add_output(command, options->output);
  add_switch(command, "--force", options->force, "Replace existing files");
  add_channels(command, options->channels);
  add_quality(command, options->quality);
  add_switch(command, "-r,--recursive", options->recursive, "Include the images in subfolders");

  command.current_group = "Output";
  add_switch(command, "--json", options->json, "Print one JSON object instead of lines");
  add_switch(command, "-q,--quiet", options->quiet, "Print errors only");
}

}  // namespace ece465::cli
