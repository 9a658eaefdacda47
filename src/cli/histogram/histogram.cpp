#include "histogram.hpp"

#include <iterator>
#include <memory>

#include "commands.hpp"
#include "common/file_plan.hpp"
#include "common/files.hpp"
#include "common/options.hpp"
#include "common/page_summary.hpp"
#include "common/plot.hpp"
#include "common/progress.hpp"
#include "common/run_report.hpp"
#include "common/text.hpp"
#include "ece465/base/cpus.hpp"

namespace ece465::cli {
namespace {

/// Shows pages one by one: a file of a thousand 16-bit pages has too many counts to keep.
class HistogramWriter {
 public:
  virtual ~HistogramWriter() = default;
  virtual void page(const image::PageReport& page) = 0;
  virtual void finish(const std::optional<Error>&) {}
};

class TerminalWriter final : public HistogramWriter {
 public:
  TerminalWriter(const HistogramCommand& command, Console& console) : command_(command), console_(console) {}

  void page(const image::PageReport& page) override {
    const PageSummary summary = summarize(page, command_.channels);
    const Paint& paint = console_.out_paint();
    ++number_;
    std::string out = number_ > 1 ? "\n" : "";
    out += fmt::format("{}{}  {}\n", paint.bold(printable(command_.input)),
                       number_ > 1 ? fmt::format(", page {}", number_) : std::string(), describe_pixels(summary));
    const PlotPage plot = plot_page(page, command_.channels);
    for (std::size_t i = 0; i < plot.planes.size(); ++i) {
      const PlaneSummary& plane = summary.planes[i];
      out += fmt::format("\n  {}: {} samples, {} {}-{} -> {}-{}\n", paint.bold(plane.name),
                         format_count(plot.planes[i].samples), counted(plane.before.count, "level"),
                         plane.before.lowest, plane.before.highest, plane.after.lowest, plane.after.highest);
      out += plot_terminal(plot.planes[i], console_.out_width(), console_.unicode(), paint);
    }
    console_.print(out);
  }

 private:
  const HistogramCommand& command_;
  Console& console_;
  std::size_t number_ = 0;
};

class CsvWriter final : public HistogramWriter {
 public:
  CsvWriter(const HistogramCommand& command, Console& console) : command_(command), console_(console) {
    console_.print("page,plane,level,count,cumulative,equalized\n");
  }

  void page(const image::PageReport& page) override {
    ++number_;
    const auto names = plane_names(page, command_.channels);
    std::string out;
    for (std::size_t i = 0; i < page.before.size(); ++i) {
      const auto counts = page.before[i].counts();
      std::uint64_t cumulative = 0;
      for (std::size_t v = 0; v < counts.size(); ++v) {
        if (counts[v] == 0) continue;
        cumulative += counts[v];
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{}\n", number_, names[i], v, counts[v], cumulative,
                       page.tables[i][v]);
      }
    }
    console_.print(out);
  }

 private:
  const HistogramCommand& command_;
  Console& console_;
  std::size_t number_ = 0;
};

class JsonWriter final : public HistogramWriter {
 public:
  JsonWriter(const HistogramCommand& command, Console& console) : command_(command), console_(console) {
    console_.print(fmt::format(R"({{"command": "histogram", "version": "{}", "input": {}, "pages": [)", ECE465_VERSION,
                               Json(command.input).compact()));
  }

  void page(const image::PageReport& page) override {
    Json planes = Json::array();
    const auto names = plane_names(page, command_.channels);
    for (std::size_t i = 0; i < page.before.size(); ++i) {
      planes.push_back({{"name", names[i]},
                        {"samples", page.before[i].total()},
                        {"counts", Json::array(page.before[i].counts())},
                        {"table", Json::array(page.tables[i])}});
    }
    Json json = page_json(summarize(page, command_.channels));
    json.add("planes", planes);
    console_.print((first_ ? "\n" : ",\n") + json.compact());
    first_ = false;
  }

  void finish(const std::optional<Error>& error) override {
    console_.print(fmt::format("\n], \"error\": {}}}\n", error_json(error).compact()));
  }

 private:
  const HistogramCommand& command_;
  Console& console_;
  bool first_ = true;
};

std::unique_ptr<HistogramWriter> writer_for(const HistogramCommand& command, Console& console) {
  if (command.json) return std::make_unique<JsonWriter>(command, console);
  if (console.out_is_terminal()) return std::make_unique<TerminalWriter>(command, console);
  return std::make_unique<CsvWriter>(command, console);
}

constexpr const char* kHistogramDescription =
    "Show the histograms of an image before and after equalization\n"
    "\n"
    "On a terminal the histograms are drawn: bars are samples per level, dots the cumulative share of samples. "
    "Otherwise the output is CSV, one line per level that occurs: page, plane, level, count, cumulative count, "
    "equalized level.";

constexpr const char* kHistogramFooter =
    "JSON:\n"
    "  {input, pages: [{width, height, bits, channels, palette, alpha,\n"
    "    planes: [{name, samples, counts: [...], table: [...]}]}], error: null or {code, message}}\n"
    "  counts and table have 256 or 65536 entries; table[v] is the equalized level of v.\n"
    "\n"
    "Examples:\n"
    "  ece465 histogram photo.jpg                       draw on the terminal\n"
    "  ece465 histogram photo.jpg --channels each       red, green and blue\n"
    "  ece465 histogram scan.tif --plot scan.svg        draw into an SVG file\n"
    "  ece465 histogram scan.tif > levels.csv           write CSV\n";

Result<void> show_histogram(const HistogramCommand& command, Console& console, std::stop_token stop) {
  ECE465_TRY(check_picture_name("--plot", command.plot));
  if (!command.plot.empty() && same_place(command.plot, command.input)) {
    return fail(Errc::usage, "--plot {}: is the name of the image; choose another", command.plot);
  }
  ECE465_ASSIGN(const auto plot_file, open_picture(command.plot, command.force));
  ECE465_ASSIGN(const auto source, open_input(command.input, stop));

  Progress progress(console, 1, source->size(), true);
  progress.started(0, command.input, source->size());
  Plot plot{.title = source->name(), .pages = {}};
  std::unique_ptr<HistogramWriter>
      writer;  // created by the first page: nothing is printed for a file that is not an image
  const auto opened = [&]() -> HistogramWriter& {
    if (!writer) writer = writer_for(command, console);
    return *writer;
  };
  image::EqualizeOptions options;
  options.channels = command.channels;
  options.threads = command.threads == 0 ? usable_cpus() : command.threads;
  options.memory_bytes = command.memory_bytes;
  options.stop = std::move(stop);
  options.progress = [&progress](std::size_t done, std::size_t total) { progress.moved(0, done, total); };
  options.page_done = [&](image::PageReport&& page) {
    if (plot_file) {
      plot.add(page, command.channels);
    } else {
      opened().page(page);
    }
  };
  auto done = image::analyze(*source, options);
  if (!plot_file && (done || writer || command.json)) {
    opened().finish(done ? std::nullopt : std::optional(done.error()));
  }
  if (!done) return std::unexpected(std::move(done).error());
  for (const auto& note : done->notes) console.note(fmt::format("{}: {}", source->name(), note));
  return plot_file ? write_text(*plot_file, plot_svg(plot)) : Result<void>{};
}

}  // namespace

int run_histogram(const HistogramCommand& command, Console& console, std::stop_token stop) {
  if (command.input.empty()) {
    return report_error(console, {Errc::usage, "histogram: no input; name an image, or - for standard input"});
  }
  if (auto shown = show_histogram(command, console, std::move(stop)); !shown)
    return report_error(console, shown.error());
  return kExitOk;
}

void setup_histogram(Command& program) {
  const auto options = std::make_shared<HistogramCommand>();
  Command& command = program.add_command(
      "histogram", kHistogramDescription,
      [options](Console& console, std::stop_token stop) { return run_histogram(*options, console, std::move(stop)); });
  command.footer = kHistogramFooter;
  add_text(command, "IN", options->input, "FILE", "An image; - is standard input");

  command.current_group = "Result";
  add_channels(command, options->channels);
  add_switch(command, "--json", options->json, "Print one JSON object with all counts and tables");
  add_text(command, "--plot", options->plot, "FILE.svg", "Draw into a file instead");
  add_switch(command, "--force", options->force, "Replace an existing picture");

  command.current_group = "Work";
  add_threads(command, options->threads);
  add_memory(command, options->memory_bytes);
}

}  // namespace ece465::cli
