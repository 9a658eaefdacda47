#include "ece465/labs/prodcon.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>

#include "commands.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cli {
namespace {

struct ProdconCommand {
  labs::ProdconOptions options;
  std::optional<std::uint64_t> seed;
  bool quiet = false, json = false;
};

std::string_view prodcon_end_name(labs::ProdconReport::End end) {
  switch (end) {
    case labs::ProdconReport::End::jobs: return "jobs";
    case labs::ProdconReport::End::duration: return "duration";
    case labs::ProdconReport::End::interrupted: return "interrupted";
  }
  return "?";
}

/// The depth of the queue over time as a row of bars, each the mean of its part of the run.
std::string depth_bars(const labs::ProdconReport& report, std::size_t capacity, bool unicode) {
  constexpr std::size_t kBars = 60;
  constexpr std::array<std::string_view, 9> kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::array<double, kBars> weight{};
  const double width = std::max(1e-9, seconds(report.elapsed)) / kBars;
  double at = 0;
  std::size_t depth = 0;
  const auto spread = [&](double until) {
    while (at < until) {
      const auto bar = std::min(kBars - 1, static_cast<std::size_t>(at / width));
      const double stop = bar == kBars - 1 ? until : std::min(until, width * static_cast<double>(bar + 1));
      weight[bar] += static_cast<double>(depth) * (stop - at);
      if (stop <= at) break;
      at = stop;
    }
  };
  for (const auto& change : report.depths) {
    spread(seconds(change.at));
    depth = change.depth;
  }
  spread(seconds(report.elapsed));
  std::string bars;
  for (const double sum : weight) {
    const double part = std::clamp(sum / width / static_cast<double>(capacity), 0.0, 1.0);
    const auto level = static_cast<std::size_t>(std::lround(part * 8));
    if (unicode) {
      bars += kBlocks[level];
    } else {
      bars += " .:-=+*%#"[level];
    }
  }
  return bars;
}

std::string prodcon_summary(const ProdconCommand& command, const labs::ProdconReport& report, bool unicode) {
  const auto& options = command.options;
  const double rate = seconds(report.elapsed) > 0 ? static_cast<double>(report.consumed) / seconds(report.elapsed) : 0;
  std::string text =
      fmt::format("{} made, {} done, {} left in {}: {:.2f} per second, seed {}\n", counted(report.produced, "job"),
                  report.consumed, report.left, short_time(report.elapsed), rate, options.seed);
  text += fmt::format("queue of {}: {:.1f} on average, {} at most, full {:.0f}% and empty {:.0f}% of the time\n",
                      options.capacity, report.mean_depth, report.peak_depth, report.full_fraction * 100,
                      report.empty_fraction * 100);
  text += fmt::format("depth over time [{}]\n", depth_bars(report, options.capacity, unicode));
  text += fmt::format("jobs waited {} in the median, p99 {}, {} at most\n", short_time(report.waited_median),
                      short_time(report.waited_p99), short_time(report.waited_max));
  for (std::size_t i = 0; i < std::min<std::size_t>(report.by_consumer.size(), 16); ++i) {
    text += fmt::format("consumer {}: {}\n", i, counted(report.by_consumer[i], "job"));
  }
  return text;
}

std::string prodcon_json(const ProdconCommand& command, const labs::ProdconReport& report) {
  const auto& options = command.options;
  Json depths = Json::array();
  for (const auto& change : report.depths) depths.push_back({{"at", seconds(change.at)}, {"depth", change.depth}});
  const Json json{{"command", "prodcon"},
                  {"producers", options.producers},
                  {"consumers", options.consumers},
                  {"capacity", options.capacity},
                  {"seed", options.seed},
                  {"end", prodcon_end_name(report.end)},
                  {"elapsed_seconds", seconds(report.elapsed)},
                  {"produced", report.produced},
                  {"consumed", report.consumed},
                  {"left", report.left},
                  {"by_producer", Json::array(report.by_producer)},
                  {"by_consumer", Json::array(report.by_consumer)},
                  {"wait_seconds",
                   {{"median", seconds(report.waited_median)},
                    {"p99", seconds(report.waited_p99)},
                    {"max", seconds(report.waited_max)}}},
                  {"queue",
                   {{"mean", report.mean_depth},
                    {"max", report.peak_depth},
                    {"full", report.full_fraction},
                    {"empty", report.empty_fraction},
                    {"depth", depths}}}};
  return json.compact() + "\n";
}

int run_prodcon(ProdconCommand& command, Console& console, std::stop_token stop) {
  command.options.seed = command.seed ? *command.seed : std::random_device{}();
  if (command.json) command.quiet = true;
  labs::ProdconHooks hooks;
  if (!command.quiet) {
    hooks.on_line = [&console](std::string_view line) { console.print(std::string(line) + "\n"); };
  }
  const auto report = labs::run_prodcon(command.options, hooks, std::move(stop));
  if (!report) return report_error(console, report.error());
  if (command.json) {
    console.print(prodcon_json(command, *report));
  } else {
    console.print((command.quiet ? "" : "\n") + prodcon_summary(command, *report, console.unicode()));
  }
  return report->end == labs::ProdconReport::End::interrupted ? kExitInterrupted : kExitOk;
}

constexpr const char* kProdconDescription =
    "Producers and consumers with a bounded queue\n"
    "\n"
    "Producers put jobs into a queue of limited capacity, from which consumers take them; producers wait while it is "
    "full, consumers while it is empty. Runs until Ctrl-C, --jobs or --duration. Each job is consumed exactly once. "
    "Queued jobs are finished at the end, except when interrupted.";

constexpr const char* kProdconFooter =
    "When interrupted, it ends at once with exit code 130 and prints the number of jobs left.\n"
    "\n"
    "Examples:\n"
    "  ece465 prodcon                          one producer, three consumers, until Ctrl-C\n"
    "  ece465 prodcon --jobs 20 --consumers 1  a queue that fills\n"
    "  ece465 prodcon --produce 0 --consume 0 --duration 5s --quiet\n";

}  // namespace

void setup_prodcon(Command& program) {
  const auto prodcon = std::make_shared<ProdconCommand>();
  labs::ProdconOptions& options = prodcon->options;
  Command& command = program.add_command(
      "prodcon", kProdconDescription,
      [prodcon](Console& console, std::stop_token stop) { return run_prodcon(*prodcon, console, std::move(stop)); });
  command.footer = kProdconFooter;

  command.current_group = "Threads and times";
  add_number(command, "--producers", options.producers, 1, 10'000, "Number of producer threads");
  add_number(command, "--consumers", options.consumers, 1, 10'000, "Number of consumer threads");
  add_number(command, "--capacity", options.capacity, 1, 1'000'000, "Capacity of the queue");
  add_value(command, "--produce", options.produce, "TIME..TIME", parse_span,
            "Time to produce a job, drawn uniformly from this range")
      .with_default("500ms..1500ms");
  add_value(command, "--consume", options.consume, "TIME..TIME", parse_span,
            "Time to consume a job, drawn uniformly from this range")
      .with_default("1s..2s");
  add_seed(command, prodcon->seed);

  command.current_group = "End";
  add_value(command, "--jobs", options.jobs, "N", parse_count, "End after this number of jobs; 0: unlimited")
      .with_default("0");
  add_value(command, "--duration", options.duration, "TIME", parse_duration_or_zero,
            "Stop producing after this time; 0: never")
      .with_default("0");

  command.current_group = "Output";
  add_switch(command, "-q,--quiet", prodcon->quiet, "Print the summary only");
  add_switch(command, "--json", prodcon->json, "Print the summary only, as one JSON object");
}

}  // namespace ece465::cli
