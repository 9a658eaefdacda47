#include "run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "virtual_worker.hpp"

namespace ece465::simulate {

using mapreduce::WorkerId;

namespace {

constexpr std::uint64_t kHeaderBytes = 80;

/// Size of messages on the wire.
struct WireSize {
  std::uint64_t operator()(const Request& request) const {
    return kHeaderBytes + request.body_bytes() + (request.table ? 256 : 0);
  }
  std::uint64_t operator()(const Answer& answer) const { return kHeaderBytes + answer.bytes; }
  template <class Small>
  std::uint64_t operator()(const Small&) const {
    return kHeaderBytes;
  }
};

/// Master, workers, and the network between them.
class World {
 public:
  World(const Scenario& scenario, const Log& log)
      : scenario_(scenario),
        up_(scenario.master_link_bytes_per_second),
        down_(scenario.master_link_bytes_per_second),
        master_(scenario, {.timeline = &timeline_,
                           .send = [this](WorkerId to, ToWorker message) { to_worker(to, std::move(message)); },
                           .hang_up = [this](WorkerId id, mapreduce::CloseReason reason) { hang_up(id, reason); },
                           .log = log ? [this, log](const std::string& line) { log(timeline_.now(), line); }
                                      : std::function<void(std::string)>()}) {
    std::uint64_t seed = scenario.seed * 0x9E3779B97F4A7C15U;
    for (const WorkerPlan& plan : scenario.workers) {
      workers_.emplace_back(
          plan, ++seed, scenario.reliable_network,
          VirtualWorker::Dependencies{
              .timeline = &timeline_,
              .connect = [this](VirtualWorker& worker) { connect(worker); },
              .send = [this](VirtualWorker& from, ToMaster m) { to_master(from, std::move(m)); },
              .master_sees_end = [this](VirtualWorker& worker) { end_of_stream(worker); },
              .foreign_attempt = [this](WorkerId me) { return master_.auditor().foreign_attempt(me); },
              .report = [this](std::string what) { master_.auditor().report(std::move(what)); }});
    }
  }

  RunReport run() {
    constexpr Time kJobsMustEndBy = Time{} + 1h, kAttemptsMustEndBy = kJobsMustEndBy + 1h;
    while (master_.auditor().violation().empty()) {
      if (!timeline_.advance()) {
        if (!master_.all_jobs_done()) master_.auditor().report("no events are left, but a job has not ended");
        break;
      }
      if (!master_.all_jobs_done()) {
        report_.took = timeline_.now().time_since_epoch();
        if (timeline_.now() > kJobsMustEndBy) master_.auditor().report("a job did not end");
      } else {
        // Open attempts are answered or given up; then nothing may be left.
        if (master_.auditor().open_attempts() == 0) break;
        if (timeline_.now() > kAttemptsMustEndBy) master_.auditor().report("an open attempt was never given up");
      }
    }
    const auto left = master_.scheduler().totals();
    if (left.jobs + left.attempts + left.bytes_in_flight + left.bytes_kept > 0) {
      master_.auditor().report("the scheduler is not empty at the end");
    }
    if (const auto valid = master_.scheduler().check_invariants(); !valid)
      master_.auditor().report(valid.error().text());
    report_.violation = master_.auditor().violation();
    report_.jobs = master_.results();
    report_.steps = master_.steps();
    return std::move(report_);
  }

 private:
  void connect(VirtualWorker& worker) {
    const WorkerId id{++connections_made_};
    connections_[id] = &worker;
    worker.connected(id);
    timeline_.at(arrival(worker, timeline_.now() + 2 * worker.plan().latency), [this, id, &worker] {
      if (connections_.contains(id)) master_.worker_joined(id, worker.plan().spec);
    });
  }

  void hang_up(WorkerId id, mapreduce::CloseReason reason) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    VirtualWorker& worker = *at->second;
    connections_.erase(at);
    ++report_.workers_closed[std::to_underlying(reason)];
    timeline_.at(arrival(worker, timeline_.now() + worker.plan().latency), [id, &worker] {
      if (worker.connection() == id) worker.disconnected();
    });
  }

  void end_of_stream(VirtualWorker& worker) {
    const WorkerId id = *worker.connection();
    timeline_.at(arrival(worker, timeline_.now() + worker.plan().latency), [this, id] {
      if (connections_.erase(id) == 0) return;
      ++report_.workers_lost;
      master_.worker_lost(id);
    });
  }

  void to_worker(WorkerId to, ToWorker message) {
    const auto at = connections_.find(to);
    if (at == connections_.end()) return;
    VirtualWorker& worker = *at->second;
    auto shared = std::make_shared<const ToWorker>(std::move(message));
    const std::uint64_t bytes = std::visit(WireSize{}, *shared);
    report_.bytes_out += bytes;
    const Time left = up_.pass(timeline_.now(), bytes);
    const Time there = worker.downlink().pass(left + worker.plan().latency, bytes);
    transmit(worker, there, [to, &worker, shared] {
      if (worker.connection() == to) worker.receive(*shared);
    });
  }

  void to_master(VirtualWorker& from, ToMaster message) {
    const WorkerId id = *from.connection();
    auto shared = std::make_shared<const ToMaster>(std::move(message));
    const std::uint64_t bytes = std::visit(WireSize{}, *shared);
    const Time left = from.uplink().pass(timeline_.now(), bytes);
    transmit(from, left + from.plan().latency, [this, id, bytes, shared] {
      report_.bytes_in += bytes;
      // Delivered even if the master has closed the connection: the scheduler must ignore it.
      timeline_.at(down_.pass(timeline_.now(), bytes), [this, id, shared] { master_.receive(id, *shared); });
    });
  }

  /// Delivers a message, subject to the network's faults.
  void transmit(VirtualWorker& worker, Time when, std::function<void()> deliver) {
    const WorkerPlan& plan = worker.plan();
    Random& random = worker.random();
    when = arrival(worker, when);
    if (plan.lost > 0 && random.chance(plan.lost)) return;
    if (plan.reordered > 0 && random.chance(plan.reordered)) when += seconds(random.scale(1e-4, 0.2));
    if (plan.duplicated > 0 && random.chance(plan.duplicated))
      timeline_.at(when + seconds(random.scale(1e-4, 5)), deliver);
    timeline_.at(when, std::move(deliver));
  }

  static Time arrival(const VirtualWorker& worker, Time when) {
    const auto& partitioned = worker.plan().partitioned;
    return partitioned && partitioned->contains(when) ? partitioned->until : when;
  }

  const Scenario& scenario_;
  RunReport report_;
  Timeline timeline_;
  Link up_, down_;
  std::deque<VirtualWorker> workers_;
  std::unordered_map<WorkerId, VirtualWorker*> connections_;
  std::uint64_t connections_made_ = 0;
  VirtualMaster master_;
};

std::string check_expectations(const Scenario& scenario, const RunReport& report) {
  const auto& jobs = report.jobs;
  const JobPlan& plan = scenario.jobs[0];
  double bytes = 0;
  for (const auto strip : plan.strip_bytes) bytes += static_cast<double>(strip);
  // Typical time to answer: four strips are queued to a worker.
  const auto typical = [&] {
    return 4.0 * static_cast<double>(plan.strip_bytes[0]) / scenario.workers[0].bytes_per_second;
  };
  switch (scenario.kind) {
    case Kind::chaos: return {};
    case Kind::little_memory: {
      Scenario twin = scenario;
      twin.options.local_saves_transfers = false;
      const RunReport other = run(twin);
      const double limit = 1.1 * in_seconds(other.took) + 10 * typical() + 0.1;
      if (in_seconds(report.took) > limit) {
        return fmt::format("saving transfers makes a job of {:.3f} s take {:.3f} s; the limit is {:.3f} s",
                           in_seconds(other.took), in_seconds(report.took), limit);
      }
      // Except for strips that were also given to a worker because the master was slow.
      const auto& had = jobs[0].report;
      if (had.bytes_sent <= other.jobs[0].report.bytes_sent + ((had.duplicates + had.stolen) << 20)) return {};
      return fmt::format("to save transfers, {} bytes were sent instead of {}", had.bytes_sent,
                         other.jobs[0].report.bytes_sent);
    }
    case Kind::straggler: {
      Scenario twin = scenario;
      twin.workers[0].slows_down.reset();
      const double without = in_seconds(run(twin).took);
      const auto n = static_cast<double>(scenario.workers.size());
      // One worker less, and some waits of twice the typical time.
      const double limit = 1.25 * without * n / (n - 1) + 10 * typical() + 0.4;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("one straggler of {} makes a job of {:.3f} s take {:.3f} s; the limit is {:.3f} s", n, without,
                         in_seconds(report.took), limit);
    }
    case Kind::fairness:
      if (jobs[0].min_progress_of_others > 0.8) return {};
      return fmt::format("of {} equal jobs, one ends when another is at {:.0f} %", jobs.size(),
                         100 * jobs[0].min_progress_of_others);
    case Kind::affinity:
      // Except for a few strips that idle workers take over at the end. (Strips that the master takes over are not
      // sent.)
      if (static_cast<double>(jobs[0].report.bytes_sent) <= bytes + static_cast<double>(jobs[0].report.stolen << 20) &&
          static_cast<double>(jobs[0].report.bytes_sent) <= bytes * 9 / 8) {
        return {};
      }
      return fmt::format("{} bytes of pixels were sent for a job of {:.0f}", jobs[0].report.bytes_sent, bytes);
    case Kind::late_joiners: {
      // One worker does the map phase and a tenth of the apply phase; then the others do most of the work.
      const double alone = bytes / scenario.workers[0].bytes_per_second;
      const double limit = 0.01 + 1.1 * alone + 0.3 * 0.9 * alone + 0.3;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("with {} late workers a job takes {:.3f} s; the limit is {:.3f} s",
                         scenario.workers.size() - 1, in_seconds(report.took), limit);
    }
    case Kind::last_resort: {
      const double limit = 2 * bytes / scenario.master_bytes_per_second + 15;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("the master alone took {:.1f} s; the limit is {:.1f} s", in_seconds(report.took), limit);
    }
  }
  return {};
}

}  // namespace

RunReport run(const Scenario& scenario, const Log& log) { return World(scenario, log).run(); }

RunReport run_and_check(const Scenario& scenario, const Log& log) {
  RunReport report = run(scenario, log);
  if (report.violation.empty()) report.violation = check_expectations(scenario, report);
  return report;
}

}  // namespace ece465::simulate
