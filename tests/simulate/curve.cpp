#include "curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "run.hpp"

namespace ece465::simulate {
namespace {

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
  if (!report.complaint.empty()) fmt::print(stderr, "{}\n", report.complaint);
  const double bytes = static_cast<double>(job.strip_bytes.size()) * (1 << 20);
  return bytes / in_seconds(report.jobs.at(0).took);
}

}  // namespace

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

}  // namespace ece465::simulate
