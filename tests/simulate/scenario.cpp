#include "scenario.hpp"

#include <algorithm>

#include "random.hpp"

namespace ece465::simulate {
namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;

/// The probability of each kind of fault in a run, so that some runs have few faults and some have many.
struct FaultPlan {
  double crash, leave, hang, stuck, partitioned, slow, invalid, fail, forget, network, late_join;
  explicit FaultPlan(Random& random) {
    for (double* chance :
         {&crash, &leave, &hang, &stuck, &partitioned, &slow, &invalid, &fail, &forget, &network, &late_join}) {
      *chance = random.chance(0.4) ? random.fraction() * 0.8 : 0;
    }
  }
};

Time within(Random& random, Duration horizon) { return Time{} + seconds(in_seconds(horizon) * random.fraction()); }

Span span(Random& random, Duration horizon) {
  const Time from = within(random, horizon);
  const bool for_ever = random.chance(0.3);
  return {from, for_ever ? from + 24h : from + seconds(random.scale(0.05, 60))};
}

mapreduce::WorkerSpec draw_spec(Random& random) {
  if (random.chance(0.3)) return mapreduce::WorkerSpec::one_at_a_time();
  return {.credit_bytes = static_cast<std::uint64_t>(random.scale(1e5, 2e7)),
          .max_tasks = static_cast<std::uint32_t>(random.between(1, 64)),
          .keep_bytes = random.chance(0.3) ? 0 : static_cast<std::uint64_t>(random.scale(1e5, 1e9)),
          .capabilities = random.chance(0.8) ? kSixteenBits | kText : 0,
          .heartbeat = true,
          .supports_drop = true};
}

WorkerPlan draw_worker(Random& random, const FaultPlan& faults, Duration horizon) {
  WorkerPlan plan{.spec = draw_spec(random),
                  .bytes_per_second = random.scale(1e6, 3e9),
                  .link_bytes_per_second = random.scale(1e6, 1e9),
                  .latency = seconds(random.scale(1e-5, 0.05))};
  if (random.chance(faults.late_join)) plan.joins = within(random, horizon);
  if (random.chance(faults.crash)) plan.crashes = within(random, horizon);
  plan.silent = random.chance(0.3);
  if (random.chance(0.6)) plan.returns = seconds(random.scale(0.01, 30));
  if (random.chance(faults.leave)) plan.leaves = within(random, horizon);
  if (random.chance(faults.hang)) plan.hangs = span(random, horizon);
  if (random.chance(faults.stuck)) plan.stuck = span(random, horizon);
  if (random.chance(faults.partitioned)) plan.partitioned = span(random, horizon);
  if (random.chance(faults.slow)) {
    plan.slows_down = within(random, horizon);
    plan.slower = random.scale(2, 1000);
  }
  if (random.chance(faults.invalid)) plan.invalid_results = random.chance(0.3) ? 1 : random.fraction();
  if (random.chance(faults.invalid)) plan.forged = random.fraction();
  if (random.chance(faults.fail)) plan.failed = random.chance(0.3) ? 1 : random.fraction();
  if (random.chance(faults.forget)) plan.forgotten = random.fraction();
  if (random.chance(faults.network)) {
    plan.lost = random.chance(0.5) ? random.scale(0.001, 0.2) : 0;
    plan.duplicated = random.chance(0.5) ? random.scale(0.001, 0.5) : 0;
    plan.reordered = random.chance(0.5) ? random.scale(0.01, 0.9) : 0;
  }
  return plan;
}

JobPlan draw_job(Random& random, std::uint64_t max_strips, Duration spread) {
  JobPlan plan;
  plan.arrives = within(random, spread);
  const bool wide = random.chance(0.1);
  plan.bits = wide ? 16 : 8;
  const std::uint64_t strips = random.between(random.chance(0.05) ? 0 : 1, wide ? 8 : max_strips);
  const double typical = random.scale(1 * kKiB, 3 * kMiB);
  const bool even = random.chance(0.7);
  for (std::uint64_t i = 0; i < strips; ++i) {
    plan.strip_bytes.push_back(static_cast<std::uint64_t>(typical * (even ? 1 : random.scale(0.01, 3))));
  }
  plan.samples_per_strip = static_cast<std::uint32_t>(random.between(1, 24));
  plan.apply = random.chance(0.8);
  if (wide) plan.needs |= kSixteenBits;
  if (!plan.apply) plan.needs |= kText;
  if (random.chance(0.5)) plan.decoding = seconds(random.scale(1e-5, 1e-2));
  plan.reducing = seconds(random.scale(1e-5, 1e-1));
  if (random.chance(0.1)) plan.cancelled = plan.arrives + seconds(random.scale(1e-3, 10));
  if (strips > 0 && random.chance(0.05))
    plan.crashing_strip = static_cast<std::uint32_t>(random.between(0, strips - 1));
  if (strips > 0 && random.chance(0.03))
    plan.unreadable_strip = static_cast<std::uint32_t>(random.between(0, strips - 1));
  return plan;
}

std::size_t draw_worker_count(Random& random, std::uint64_t seed) {
  if (seed % 250 == 77) return random.between(1000, 5000);
  const double dice = random.fraction();
  if (dice < 0.08) return 0;
  if (dice < 0.6) return random.between(1, 8);
  if (dice < 0.95) return random.between(9, 40);
  return random.between(41, 200);
}

void draw_chaos(Scenario& scenario, Random& random, std::optional<std::size_t> workers) {
  const std::size_t count = workers.value_or(draw_worker_count(random, scenario.seed));
  auto& options = scenario.options;
  options.local_slots = static_cast<std::uint32_t>(random.between(1, 4));
  options.local_helps = random.chance(0.3);
  options.max_failed_attempts = static_cast<std::uint32_t>(random.between(1, 6));
  if (random.chance(0.2)) options.total_credit_bytes = static_cast<std::uint64_t>(random.scale(1e5, 1e8));
  scenario.master_link_bytes_per_second = random.scale(1e7, 1e10);
  scenario.master_bytes_per_second = random.scale(2e7, 2e9);

  const std::uint64_t max_strips = count > 500 ? 3000 : random.chance(0.2) ? 400 : 60;
  const std::uint64_t jobs = random.between(1, random.chance(0.3) ? 5 : 2);
  for (std::uint64_t i = 0; i < jobs; ++i)
    scenario.jobs.push_back(draw_job(random, max_strips, seconds(random.scale(0.001, 2))));

  // Faults must occur while there is work: within about the time that the work takes.
  double bytes = 0;
  for (const auto& job : scenario.jobs) {
    for (const auto strip : job.strip_bytes) bytes += static_cast<double>(strip);
  }
  const double rate = std::min(scenario.master_link_bytes_per_second, 2e7 * static_cast<double>(count + 1));
  const Duration horizon = seconds(0.01 + bytes / rate * random.scale(0.1, 3));
  const FaultPlan faults(random);
  for (std::size_t i = 0; i < count; ++i) {
    scenario.workers.push_back(draw_worker(random, faults, horizon));
    const auto& plan = scenario.workers.back();
    if (plan.lost > 0 || plan.duplicated > 0 || plan.reordered > 0) scenario.reliable_network = false;
  }
}

/// A cluster without faults, and one job with `strips` strips of a megabyte.
void draw_healthy(Scenario& scenario, Random& random, std::size_t workers, std::uint64_t strips) {
  const double rate = random.scale(2e7, 1e9);
  for (std::size_t i = 0; i < workers; ++i) scenario.workers.push_back(healthy_worker(rate, 1e9));
  scenario.master_link_bytes_per_second = 1e10;
  scenario.master_bytes_per_second = rate;
  JobPlan job;
  job.arrives = Time{} + 10ms;
  job.strip_bytes.assign(strips, kMiB);
  scenario.jobs.push_back(job);
}

/// Slows down the first worker of a healthy cluster after about `phases` phases, by a factor of at least `slower`.
void slow_down_first(Scenario& scenario, Random& random, double phases, double slower) {
  WorkerPlan& slow = scenario.workers[0];
  const double strips = static_cast<double>(scenario.jobs[0].strip_bytes.size());
  const double phase = strips * kMiB / slow.bytes_per_second / static_cast<double>(scenario.workers.size());
  slow.slows_down = Time{} + 10ms + seconds(phase * phases);
  slow.slower = random.scale(slower, 1e6);
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::chaos: return "chaos";
    case Kind::little_memory: return "little memory";
    case Kind::straggler: return "straggler";
    case Kind::fairness: return "fairness";
    case Kind::affinity: return "affinity";
    case Kind::last_resort: return "last resort";
    case Kind::late_joiners: return "late joiners";
  }
  return "?";
}

WorkerPlan healthy_worker(double bytes_per_second, double link_bytes_per_second) {
  return {.spec = {.credit_bytes = 4 * kMiB,
                   .max_tasks = 64,
                   .keep_bytes = std::uint64_t{1} << 40,
                   .capabilities = kSixteenBits | kText,
                   .heartbeat = true,
                   .supports_drop = true},
          .bytes_per_second = bytes_per_second,
          .link_bytes_per_second = link_bytes_per_second,
          .latency = 100us};
}

Scenario draw_scenario(std::uint64_t seed, std::optional<std::size_t> workers) {
  Random random(seed * 0x2545F4914F6CDD1DU + 1);
  Scenario scenario;
  scenario.seed = seed;
  switch (workers ? 6 : seed % 25) {
    case 0: {
      scenario.kind = Kind::straggler;
      draw_healthy(scenario, random, random.between(2, 12), random.between(20, 80));
      // In the map phase, or in the apply phase while it keeps strips.
      const double phases = random.chance(0.3) ? random.fraction() : 1.1;
      slow_down_first(scenario, random, phases, 20);
      break;
    }
    case 1: {
      scenario.kind = Kind::fairness;
      // Only the workers' time is shared fairly, not what the master does besides.
      scenario.options.local_saves_transfers = false;
      draw_healthy(scenario, random, random.between(1, 4), random.between(100, 200));
      const auto jobs = random.between(1, 3);
      for (std::uint64_t i = 0; i < jobs; ++i) {
        scenario.jobs.push_back(scenario.jobs[0]);
        if (i == 0 && random.chance(0.5)) {  // the same bytes in smaller strips
          scenario.jobs.back().strip_bytes.assign(2 * scenario.jobs[0].strip_bytes.size(), kMiB / 2);
        }
      }
      break;
    }
    case 2:
      scenario.kind = Kind::affinity;
      draw_healthy(scenario, random, random.between(1, 12), random.between(20, 80));
      break;
    case 3:
      scenario.kind = Kind::last_resort;
      draw_healthy(scenario, random, random.between(0, 12), random.between(1, 40));
      for (auto& worker : scenario.workers) {
        const auto sort = random.between(0, 3);
        if (sort == 0) worker.hangs = Span{Time{}, Time{} + 24h};
        if (sort == 1) worker.stuck = Span{Time{}, Time{} + 24h};
        if (sort == 2) worker.invalid_results = 1;
        if (sort == 3) worker.failed = 1;
      }
      break;
    case 4: {
      scenario.kind = Kind::late_joiners;
      draw_healthy(scenario, random, random.between(5, 12), random.between(100, 200));
      const double strips = static_cast<double>(scenario.jobs[0].strip_bytes.size());
      const Duration map = seconds(strips * kMiB / scenario.workers[0].bytes_per_second);
      for (std::size_t i = 1; i < scenario.workers.size(); ++i)
        scenario.workers[i].joins = Time{} + 10ms + map * 11 / 10;
      break;
    }
    case 5:
      scenario.kind = Kind::little_memory;
      draw_healthy(scenario, random, random.between(1, 8), random.between(20, 80));
      for (auto& worker : scenario.workers) worker.spec.keep_bytes = random.between(0, 12) * kMiB;
      scenario.master_bytes_per_second *= random.scale(0.02, 1);
      if (scenario.workers.size() > 1 && random.chance(0.4)) {
        const double phases = random.scale(0.1, 2);
        slow_down_first(scenario, random, phases, 2);
      }
      break;
    default: draw_chaos(scenario, random, workers); break;
  }
  return scenario;
}

}  // namespace ece465::simulate
