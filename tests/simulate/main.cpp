#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "run.hpp"

/// Runs the scheduler in virtual time, with any number of random scenarios. See src/mapreduce/README.md.

namespace {

using namespace ece465::simulate;

/// Totals over all runs. They show that the faults did occur.
struct Tally {
  std::uint64_t runs = 0, workers = 0, jobs = 0, strips = 0, steps = 0;
  std::uint64_t attempts = 0, failed_attempts = 0, invalid_results = 0, duplicates = 0, stolen = 0, lost = 0;
  std::array<std::uint64_t, 5> closed{};
  std::uint64_t with_failures = 0;  // runs with failed attempts

  void add(const Scenario& scenario, const RunReport& report) {
    ++runs;
    workers += scenario.workers.size();
    jobs += report.jobs.size();
    steps += report.steps;
    lost += report.workers_lost;
    for (std::size_t i = 0; i < closed.size(); ++i) closed[i] += report.workers_closed[i];
    for (const auto& job : scenario.jobs) strips += job.strip_bytes.size();
    std::uint64_t failures = 0;
    for (const auto& job : report.jobs) {
      failures += job.report.failed_attempts;
      attempts += job.report.attempts;
      failed_attempts += job.report.failed_attempts;
      invalid_results += job.report.invalid_results;
      duplicates += job.report.duplicates;
      stolen += job.report.stolen;
    }
    with_failures += failures > 0 ? 1 : 0;
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
  const RunReport report = run_and_check(scenario, log);
  tally.add(scenario, report);
  if (report.violation.empty()) return true;
  fmt::print("seed {} ({}): {}\n", seed, kind_name(scenario.kind), report.violation);
  fmt::print("  replay: scripts/simulate --seed {}{} -v\n", seed,
             workers ? fmt::format(" --workers {}", *workers) : "");
  return false;
}

// --- Throughput against the number of workers ---

constexpr double kGigabit = 1e9 / 8;

struct Work {
  std::string_view name;
  double bytes_per_second;  ///< of one worker's processors, per phase
};

/// Bytes of image per second, both phases.
double throughput(double master_link, const Work& work, std::size_t workers) {
  Scenario scenario;
  scenario.master_link_bytes_per_second = master_link;
  scenario.master_bytes_per_second = work.bytes_per_second;
  // Two seconds of the link, and never less than the default.
  scenario.options.total_credit_bytes =
      std::max(scenario.options.total_credit_bytes, static_cast<std::uint64_t>(2 * master_link));
  for (std::size_t i = 0; i < workers; ++i) {
    scenario.workers.push_back(healthy_worker(work.bytes_per_second, kGigabit));
  }
  JobPlan job;
  job.arrives = Time{} + 10ms;
  job.samples_per_strip = 2;
  job.strip_bytes.assign(std::clamp<std::size_t>(20 * workers, 400, 20'000), std::uint64_t{1} << 20);
  scenario.jobs.push_back(job);
  const RunReport report = run(scenario);
  if (!report.violation.empty()) fmt::print(stderr, "{}\n", report.violation);
  const double bytes = static_cast<double>(job.strip_bytes.size()) * (1 << 20);
  return bytes / in_seconds(report.jobs.at(0).took);
}

/// For several speeds of the master's link and of the work.
void print_curve() {
  constexpr std::array<std::size_t, 11> kWorkers{0, 1, 2, 5, 10, 20, 50, 100, 200, 1000, 5000};
  constexpr std::array<double, 3> kLinks{1, 10, 100};  // Gbit/s
  constexpr std::array<Work, 2> kWorks{
      {{"equalization, 1 GB/s per worker", 1e9}, {"heavy work, 20 MB/s per worker", 2e7}}};
  for (const Work& work : kWorks) {
    fmt::print("{}; workers have 1 Gbit/s each. MB of image per second:\n\n| workers |", work.name);
    for (const double link : kLinks) fmt::print(" master {} Gbit/s |", link);
    fmt::print("\n|---:|---:|---:|---:|\n");
    for (const std::size_t workers : kWorkers) {
      fmt::print("| {} |", workers);
      for (const double link : kLinks) {
        fmt::print(" {:.0f} |", throughput(link * kGigabit, work, workers) / 1e6);
        std::fflush(stdout);
      }
      fmt::print("\n");
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Runs the scheduler in virtual time, with virtual workers that crash, hang, leave and give invalid results",
      "simulate");
  std::uint64_t seeds = 2000, start = 0;
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> workers;
  bool verbose = false, curve = false;
  app.add_option("--seeds", seeds, "Number of seeds to run")->capture_default_str();
  app.add_option("--start", start, "First seed")->capture_default_str();
  app.add_option("--seed", seed, "Replay a single seed");
  app.add_option("--workers", workers, "Number of workers, instead of one drawn from the seed");
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
      "{} attempts: {} failed (in {} runs), {} of them invalid results; {} second attempts, {} kept strips stolen\n",
      tally.attempts, tally.failed_attempts, tally.with_failures, tally.invalid_results, tally.duplicates,
      tally.stolen);
  fmt::print("workers: {} lost; closed: {} left, {} silent, {} overdue, {} invalid results, {} failing\n", tally.lost,
             tally.closed[0], tally.closed[1], tally.closed[2], tally.closed[3], tally.closed[4]);
  fmt::print("{}\n", failed == 0
                         ? "every job ended, every strip was merged once, every result equals that of one machine"
                         : fmt::format("{} seeds failed", failed));
  return failed == 0 ? 0 : 1;
}
