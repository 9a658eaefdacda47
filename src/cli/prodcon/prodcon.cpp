#include "ece465/labs/prodcon.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "common/lab_options.hpp"
#include "common/text.hpp"
#include "ece465/base/seconds.hpp"
#include "lab_commands.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ProdconCommand {
  labs::ProdconOptions options;
  std::optional<std::uint64_t> seed;
  bool quiet = false, json = false;
};

std::string_view end_name(labs::ProdconReport::End end) {
  switch (end) {
    case labs::ProdconReport::End::jobs: return "jobs";
    case labs::ProdconReport::End::duration: return "duration";
    case labs::ProdconReport::End::interrupted: return "interrupted";
  }
  return "?";
}

/// How full the queue was over the run, as a row of bars: the mean of each part of the time.
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

std::string summary(const ProdconCommand& command, const labs::ProdconReport& report, bool unicode) {
  const auto& options = command.options;
  const double rate = seconds(report.elapsed) > 0 ? static_cast<double>(report.consumed) / seconds(report.elapsed) : 0;
  std::string text =
      fmt::format("{} made, {} done, {} left in {}: {:.2f} a second, seed {}\n", counted(report.produced, "job"),
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

std::string json_of(const ProdconCommand& command, const labs::ProdconReport& report) {
  const auto& options = command.options;
  Json json{{"command", "prodcon"},
            {"producers", options.producers},
            {"consumers", options.consumers},
            {"capacity", options.capacity},
            {"seed", options.seed},
            {"end", end_name(report.end)},
            {"elapsed_seconds", seconds(report.elapsed)},
            {"produced", report.produced},
            {"consumed", report.consumed},
            {"left", report.left},
            {"by_producer", report.by_producer},
            {"by_consumer", report.by_consumer}};
  json["wait_seconds"] = {{"median", seconds(report.waited_median)},
                          {"p99", seconds(report.waited_p99)},
                          {"max", seconds(report.waited_max)}};
  json["queue"] = {{"mean", report.mean_depth},
                   {"max", report.peak_depth},
                   {"full", report.full_fraction},
                   {"empty", report.empty_fraction},
                   {"depth", Json::array()}};
  for (const auto& change : report.depths) {
    json["queue"]["depth"].push_back({{"at", seconds(change.at)}, {"depth", change.depth}});
  }
  return json.dump() + "\n";
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
    console.print(json_of(command, *report));
  } else {
    console.print((command.quiet ? "" : "\n") + summary(command, *report, console.unicode()));
  }
  return report->end == labs::ProdconReport::End::interrupted ? kExitInterrupted : kExitOk;
}

constexpr const char* kProdconDescription =
    "Producers and consumers around a bounded queue\n"
    "\n"
    "Producers make jobs, consumers do them; a queue between them holds only so many, so that who is too fast waits. "
    "Runs until Ctrl-C, --jobs or --duration. Every job that was made is done once: what is queued at the end is still "
    "done, unless it was interrupted.";

constexpr const char* kProdconFooter =
    "Interrupted, it ends at once with exit code 130 and says how many jobs are left.\n"
    "\n"
    "Examples:\n"
    "  ece465 prodcon                                       one producer, three consumers, until Ctrl-C\n"
    "  ece465 prodcon --jobs 20 --consumers 1               a queue that fills\n"
    "  ece465 prodcon --produce 0 --consume 0 --duration 5s --quiet\n";

}  // namespace

void setup_prodcon(CLI::App& app, Action& chosen) {
  const auto command = std::make_shared<ProdconCommand>();
  labs::ProdconOptions& options = command->options;
  CLI::App* prodcon = add_command(
      app, "prodcon", kProdconDescription, chosen,
      [command](Console& console, std::stop_token stop) { return run_prodcon(*command, console, std::move(stop)); });
  prodcon->footer(kProdconFooter);

  constexpr const char* kWho = "Who and how fast";
  const auto threads = [](std::string_view text) { return parse_number(text, 1, 10'000); };
  add_value<int>(*prodcon, "--producers", options.producers, "N", threads, "Threads that make jobs")
      ->default_str("1")
      ->group(kWho);
  add_value<int>(*prodcon, "--consumers", options.consumers, "N", threads, "Threads that do them")
      ->default_str("3")
      ->group(kWho);
  add_value<std::size_t>(
      *prodcon, "--capacity", options.capacity, "N",
      [](std::string_view text) -> Result<std::size_t> {
        ECE465_ASSIGN(const int capacity, parse_number(text, 1, 1'000'000));
        return static_cast<std::size_t>(capacity);
      },
      "Jobs that the queue holds")
      ->default_str("10")
      ->group(kWho);
  add_value<labs::DurationRange>(*prodcon, "--produce", options.produce, "TIME..TIME", parse_span,
                                 "How long making a job takes")
      ->default_str("500ms..1500ms")
      ->group(kWho);
  add_value<labs::DurationRange>(*prodcon, "--consume", options.consume, "TIME..TIME", parse_span,
                                 "How long doing one takes")
      ->default_str("1s..2s")
      ->group(kWho);
  add_seed(*prodcon, command->seed)->group(kWho);

  constexpr const char* kEnd = "End";
  add_value<std::uint64_t>(*prodcon, "--jobs", options.jobs, "N", parse_count, "Ends after so many jobs; 0: never")
      ->default_str("0")
      ->group(kEnd);
  add_value<std::chrono::nanoseconds>(*prodcon, "--duration", options.duration, "TIME", parse_pause,
                                      "Makes nothing more after so long; 0: goes on")
      ->default_str("0")
      ->group(kEnd);

  constexpr const char* kOutput = "Telling";
  add_switch(*prodcon, "-q,--quiet", command->quiet, "The summary only")->group(kOutput);
  add_switch(*prodcon, "--json", command->json, "The summary only, as one JSON object")->group(kOutput);
}

}  // namespace ece465::cli
