#include "equalize.hpp"

#include <memory>

#include "commands.hpp"
#include "common/files.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/cpus.hpp"
#include "equalize_files.hpp"

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

Result<void> check_equalize(const EqualizeCommand& command, const Plan& plan, const Console& console) {
  ECE465_TRY(check_standard_output(plan, command.json, console));
  ECE465_TRY(check_picture_name("--plot", command.plot));
  if (!command.plot.empty() && plan.jobs.size() > 1) {
    return fail(Errc::usage, "--plot takes a single input, not {}", plan.jobs.size());
  }
  if (!command.plot.empty() && plan.jobs.size() == 1) {
    const Job& job = plan.jobs.front();
    if (same_place(command.plot, job.input) || same_place(command.plot, job.output)) {
      return fail(Errc::usage, "--plot {}: is the name of an image; choose another", command.plot);
    }
  }
  return {};
}

constexpr const char* kEqualizeDescription =
    "Equalize the histograms of JPEG, TIFF and PNG images\n"
    "\n"
    "Spreads the levels of each image over their whole range. Metadata, depth, layout and compression are kept. The "
    "input format is detected from content; the output format comes from the extension.";

constexpr const char* kEqualizeFooter =
    "A result is called <name>_equalized.<ext> and is written beside its input, or into the folder given by -o. A "
    "folder as input stands for the images in it, without earlier results. Prints one line per file to standard "
    "output; errors, notes and progress go to standard error. Unreadable files are reported and skipped.\n"
    "\n"
    "JSON:\n"
    "  {files: [{input, output, input_format, format, pages: [{width, height, bits, channels, palette, alpha,\n"
    "    planes: [{name, levels_before: {count, lowest, highest}, levels_after: {...}}]}],\n"
    "    notes, seconds, bytes_in, bytes_out, error: null or {code, message}}],\n"
    "   notes, done, failed, seconds, bytes_in, bytes_out, threads, memory_bytes}\n"
    "\n"
    "Examples:\n"
    "  ece465 equalize photo.jpg                       write photo_equalized.jpg\n"
    "  ece465 equalize scan.tif -o scan.png            convert, keeping 16 bits\n"
    "  ece465 equalize *.jpg -o results/ --json        many files, reported as JSON\n"
    "  ece465 equalize photos --recursive -o results   a tree of folders\n"
    "  ece465 equalize photo.jpg -o photo.jpg --force  replace the input\n"
    "  curl -s URL | ece465 equalize - > out.jpg       read and write pipes\n"
    "  ece465 equalize photo.jpg --plot levels.svg     draw the histograms before and after\n";

}  // namespace

int run_equalize(const EqualizeCommand& command, Console& console, std::stop_token stop) {
  auto plan = plan_jobs({.inputs = command.inputs, .output = command.output, .recursive = command.recursive});
  if (!plan) return report_error(console, plan.error());
  if (auto valid = check_equalize(command, *plan, console); !valid) return report_error(console, valid.error());
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
  RunReporter reporter(console, command.quiet);
  std::vector<FileReport> files;  // for JSON only
  const auto report = [&](FileReport&& file) {
    if (file.error) {
      reporter.failed(*file.error);
    } else {
      reporter.succeeded(file.bytes_in, file.bytes_out);
      reporter.notes(file.input, file.notes);
      const bool image_on_stdout = command.output == kDash || file.output == "standard output";
      if (!command.quiet && !command.json && !image_on_stdout) console.print(file_line(file) + "\n");
    }
    if (command.json) files.push_back(std::move(file));
  };
  {
    Progress progress(console, plan->jobs.size(), bytes, !command.quiet);
    equalize_files(plan->jobs, options, progress, report);
  }
  reporter.totals.duration = Clock::now() - start;
  reporter.totals.notes = std::move(plan->notes);
  if (command.json) console.print(equalize_json(files, reporter.totals, options.threads, options.memory_bytes));
  const int code = reporter.finish("done");
  if (code != kExitOk || !*plot_file) return code;
  if (auto written = write_text(**plot_file, plot_svg(plot)); !written) return report_error(console, written.error());
  return kExitOk;
}

void setup_equalize(Command& program) {
  const auto options = std::make_shared<EqualizeCommand>();
  Command& command = program.add_command(
      "equalize", kEqualizeDescription,
      [options](Console& console, std::stop_token stop) { return run_equalize(*options, console, std::move(stop)); });
  command.footer = kEqualizeFooter;
  add_inputs(command, "IN", options->inputs, "FILE|FOLDER", "Images or folders; - is standard input");

  command.current_group = "Result";
  add_output(command, options->output);
  add_switch(command, "--force", options->force, "Replace existing files");
  add_channels(command, options->channels);
  add_quality(command, options->quality);

  command.current_group = "Work";
  add_switch(command, "-r,--recursive", options->recursive, "Include the images in subfolders");
  add_threads(command, options->threads);
  add_memory(command, options->memory_bytes);

  command.current_group = "Output";
  add_switch(command, "--json", options->json, "Print one JSON object instead of lines");
  add_switch(command, "-q,--quiet", options->quiet, "Print errors only");
  add_text(command, "--plot", options->plot, "FILE.svg", "Draw histograms and cumulative curves before and after");
}

}  // namespace ece465::cli
