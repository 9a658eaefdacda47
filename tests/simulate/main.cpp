#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>

#include "curve.hpp"
#include "run.hpp"

/// Runs the scheduler through as many bad days as one likes. See src/mapreduce/README.md.

namespace {

using namespace ece465::simulate;

/// What the seeds so far have been through: a reader should see that the bad things did happen.
struct Tally {
  std::uint64_t runs = 0, workers = 0, jobs = 0, strips = 0, steps = 0;
  std::uint64_t attempts = 0, misses = 0, lies = 0, duplicates = 0, stolen = 0, lost = 0;
  std::array<std::uint64_t, 5> closed{};
  std::uint64_t troubled = 0;  // runs in which something came to nothing

  void add(const Scenario& scenario, const RunReport& report) {
    ++runs;
    workers += scenario.workers.size();
    jobs += report.jobs.size();
    steps += report.steps;
    lost += report.workers_lost;
    for (std::size_t i = 0; i < closed.size(); ++i) closed[i] += report.workers_closed[i];
    for (const auto& job : scenario.jobs) strips += job.strip_bytes.size();
    std::uint64_t missed = 0;
    for (const auto& job : report.jobs) {
      missed += job.report.misses;
      attempts += job.report.attempts;
      misses += job.report.misses;
      lies += job.report.lies;
      duplicates += job.report.duplicates;
      stolen += job.report.stolen;
    }
    troubled += missed > 0 ? 1 : 0;
  }
};

bool run_seed(std::uint64_t seed, std::optional<std::size_t> workers, bool verbose, Tally& tally) {
  const Scenario scenario = draw_scenario(seed, workers);
  Log log;
  if (verbose) {
    fmt::print("seed {}: {}, {} workers, {} jobs\n", seed, kind_name(scenario.kind), scenario.workers.size(),
               scenario.jobs.size());
    log = [](Time now, const std::string& line) {
      fmt::print("{:12.6f}  {}\n", in_seconds(now.time_since_epoch()), line);
    };
  }
  const RunReport report = run_and_judge(scenario, log);
  tally.add(scenario, report);
  if (report.complaint.empty()) return true;
  fmt::print("seed {} ({}): {}\n", seed, kind_name(scenario.kind), report.complaint);
  fmt::print("  replay: scripts/simulate --seed {}{} -v\n", seed,
             workers ? fmt::format(" --workers {}", *workers) : "");
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the scheduler on virtual time, with virtual workers that crash, hang, lie and leave", "simulate");
  std::uint64_t seeds = 2000, start = 0;
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> workers;
  bool verbose = false, curve = false;
  app.add_option("--seeds", seeds, "How many seeds to run")->capture_default_str();
  app.add_option("--start", start, "The first of them")->capture_default_str();
  app.add_option("--seed", seed, "Replay this one");
  app.add_option("--workers", workers, "So many workers, instead of a number drawn from the seed");
  app.add_flag("-v,--verbose", verbose, "Print every event and action");
  app.add_flag("--curve", curve, "Print throughput against the number of workers and the speed of links");
  CLI11_PARSE(app, argc, argv);
  if (curve) {
    print_curve();
    return 0;
  }
  if (seed) {
    start = *seed;
    seeds = 1;
  }

  const auto began = std::chrono::steady_clock::now();
  Tally tally;
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < seeds && failed < 10; ++i) {
    if (!run_seed(start + i, workers, verbose, tally)) ++failed;
    std::fflush(stdout);
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  fmt::print("{} seeds in {:.1f} s: {} jobs of {} strips on {} workers, {} scheduler steps\n", tally.runs, took,
             tally.jobs, tally.strips, tally.workers, tally.steps);
  fmt::print(
      "{} attempts: {} came to nothing (in {} runs), {} of them lies; {} ran a slow strip twice, {} took over a "
      "kept strip\n",
      tally.attempts, tally.misses, tally.troubled, tally.lies, tally.duplicates, tally.stolen);
  fmt::print("workers: {} lost; closed: {} had left, {} silent, {} overdue, {} lying, {} failing\n", tally.lost,
             tally.closed[0], tally.closed[1], tally.closed[2], tally.closed[3], tally.closed[4]);
  fmt::print("{}\n", failed == 0 ? "every job ended, every strip was merged once, every result is that of one machine"
                                 : fmt::format("{} seeds failed", failed));
  return failed == 0 ? 0 : 1;
}
