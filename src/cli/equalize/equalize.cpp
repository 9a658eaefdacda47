#include "equalize.hpp"

#include <memory>

#include "commands.hpp"
#include "ece465/base/cpus.hpp"
#include "equalize_files.hpp"
#include "common/files.hpp"
#include "common/options.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

Result<void> check(const EqualizeCommand& command, const Plan& plan, const Console& console) {
  ECE465_TRY(check_standard_output(plan, command.json, console));
  ECE465_TRY(check_picture_name("--plot", command.plot));
  if (!command.plot.empty() && plan.jobs.size() > 1) {
    return fail(Errc::usage, "--plot is for a single input; these are {}", plan.jobs.size());
  }
  if (!command.plot.empty() && plan.jobs.size() == 1) {
    const Job& job = plan.jobs.front();
    if (same_place(command.plot, job.input) || same_place(command.plot, job.output)) {
      return fail(Errc::usage, "--plot {}: an image has that place; give the plot another name", command.plot);
    }
  }
  return {};
}

/// Takes the files' reports as they come, tells of each, and adds them up.
class Reporter {
 public:
  Reporter(const EqualizeCommand& command, Console& console) : command_(command), console_(console) {}

  void take(FileReport&& file) {
    if (file.error) {
      // One line for all that were interrupted, at the end.
      if (file.error->code != Errc::cancelled) console_.error(file.error->text());
      ++run_.failed;
      worst_ = file.error->code;
      interrupted_ = interrupted_ || file.error->code == Errc::cancelled;
    } else {
      ++run_.done;
      run_.bytes_in += file.bytes_in;
      run_.bytes_out += file.bytes_out;
      if (!command_.quiet) {
        for (const auto& note : file.notes) console_.note(fmt::format("{}: {}", file.input, note));
        const bool product_is_image = command_.output == kDash || file.output == "standard output";
        if (!command_.json && !product_is_image) console_.print(file_line(file) + "\n");
      }
    }
    if (command_.json) run_.files.push_back(std::move(file));
  }

  /// Sums the run up; returns the exit code.
  int finish(Plan& plan, std::chrono::nanoseconds duration, const FileOptions& options) {
    run_.duration = duration;
    run_.notes = std::move(plan.notes);
    run_.threads = options.threads;
    run_.memory_bytes = options.memory_bytes;
    if (command_.json) console_.print(run_json(run_));
    const std::size_t all = run_.done + run_.failed;
    if (interrupted_) {
      console_.error(all == 1 ? "interrupted" : fmt::format("interrupted: {} of {} files done", run_.done, all));
      return kExitInterrupted;
    }
    if (all > 1 && run_.failed > 0) {
      console_.error(fmt::format("{} of {} files failed", run_.failed, all));
    } else if (all > 1 && !command_.quiet && console_.can_show_status()) {
      console_.note(fmt::format("{} done, {} in {}", counted(run_.done, "file"), format_bytes(run_.bytes_in),
                                format_duration(duration)));
    }
    if (run_.failed == 0) return kExitOk;
    return all == 1 ? exit_code(worst_) : kExitFailed;
  }

 private:
  const EqualizeCommand& command_;
  Console& console_;
  RunReport run_;
  Errc worst_ = Errc::internal;
  bool interrupted_ = false;
};

constexpr const char* kEqualizeDescription =
    "Equalize the histograms of JPEG, TIFF and PNG images\n"
    "\n"
    "Spreads the levels of an image over their whole range. Metadata, depth, layout and compression stay as they "
    "were; a result whose name has another extension is converted.";

constexpr const char* kEqualizeFooter =
    "A result is called <name>_equalized.<ext> and lies beside its input, or in the folder that -o names. A folder "
    "as input stands for the images in it, earlier results left out. One line per file goes to standard output, "
    "everything else to standard error.\n"
    "\n"
    "JSON:\n"
    "  {files: [{input, output, input_format, format, pages: [{width, height, bits, channels, palette, alpha,\n"
    "    planes: [{name, levels_before: {count, lowest, highest}, levels_after: {...}}]}],\n"
    "    notes, seconds, bytes_in, bytes_out, error: null or {code, message}}],\n"
    "   notes, done, failed, seconds, bytes_in, bytes_out, threads, memory_bytes}\n"
    "\n"
    "Examples:\n"
    "  ece465 equalize photo.jpg                       writes photo_equalized.jpg\n"
    "  ece465 equalize scan.tif -o scan.png            converts, 16 bits kept\n"
    "  ece465 equalize *.jpg -o results/ --json        many files, told as JSON\n"
    "  ece465 equalize photos --recursive -o results   a tree of folders\n"
    "  ece465 equalize photo.jpg -o photo.jpg --force  in place\n"
    "  curl -s URL | ece465 equalize - > out.jpg       in a pipe\n"
    "  ece465 equalize photo.jpg --plot levels.svg     draws histograms, before and after\n";

}  // namespace

int run_equalize(const EqualizeCommand& command, Console& console, std::stop_token stop) {
  auto plan = plan_jobs({.inputs = command.inputs, .output = command.output, .recursive = command.recursive});
  if (!plan) return report_error(console, plan.error());
  if (auto fine = check(command, *plan, console); !fine) return report_error(console, fine.error());
  if (!command.quiet) {
    for (const auto& note : plan->notes) console.note(note);
  }
  auto plot_file = open_picture(command.plot, command.force);
  if (!plot_file) return report_error(console, plot_file.error());

  Plot plot{.title = command.inputs[0] == kDash ? "standard input" : command.inputs[0], .pages = {}};
  FileOptions options{.channels = command.channels,
                      .quality = command.quality,
                      .threads = command.threads == 0 ? usable_cpus() : command.threads,
                      .memory_bytes = command.memory_bytes,
                      .force = command.force,
                      .stop = std::move(stop),
                      .stdout_descriptor = console.out_descriptor(),
                      .plot = *plot_file ? &plot : nullptr};
  std::uint64_t bytes = 0;
  for (const Job& job : plan->jobs) bytes += job.bytes;

  const auto start = Clock::now();
  Reporter reporter(command, console);
  {
    Progress progress(console, plan->jobs.size(), bytes, !command.quiet);
    equalize_files(plan->jobs, options, progress, [&reporter](FileReport&& file) { reporter.take(std::move(file)); });
  }
  const int code = reporter.finish(*plan, Clock::now() - start, options);
  if (code != kExitOk || !*plot_file) return code;
  if (auto written = write_text(**plot_file, plot_svg(plot)); !written) return report_error(console, written.error());
  return kExitOk;
}

void setup_equalize(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<EqualizeCommand>();
  CLI::App* command = add_command(
      app, "equalize", kEqualizeDescription, chosen,
      [options](Console& console, std::stop_token stop) { return run_equalize(*options, console, std::move(stop)); });
  command->footer(kEqualizeFooter);
  command->add_option("IN", options->inputs, "Images or folders; - is standard input")->type_name("FILE|FOLDER");

  constexpr const char* kResult = "Result";
  add_output(*command, options->output)->group(kResult);
  add_switch(*command, "--force", options->force, "Replace files that exist")->group(kResult);
  add_channels(*command, options->channels)->group(kResult);
  add_quality(*command, options->quality)->group(kResult);

  constexpr const char* kWork = "Work";
  add_switch(*command, "-r,--recursive", options->recursive, "Look into the folders of folders, too")->group(kWork);
  add_threads(*command, options->threads)->group(kWork);
  add_memory(*command, options->memory_bytes)->group(kWork);

  constexpr const char* kOutput = "Telling";
  add_switch(*command, "--json", options->json, "One JSON object on standard output instead of lines")->group(kOutput);
  add_switch(*command, "-q,--quiet", options->quiet, "Errors only")->group(kOutput);
  add_text(*command, "--plot", options->plot, "FILE.svg", "Draw histograms and cumulative curves, before and after")
      ->group(kOutput);
}

}  // namespace ece465::cli
