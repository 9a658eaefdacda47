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

/// What messages weigh on the wire.
struct Weight {
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
          plan, ++seed, scenario.faithful_network,
          VirtualWorker::Dependencies{
              .timeline = &timeline_,
              .connect = [this](VirtualWorker& worker) { connect(worker); },
              .send = [this](VirtualWorker& from, ToMaster m) { to_master(from, std::move(m)); },
              .master_sees_end = [this](VirtualWorker& worker) { end_of_stream(worker); },
              .foreign_attempt = [this](WorkerId me) { return master_.auditor().attempt_besides(me); },
              .complain = [this](std::string what) { master_.auditor().complain(std::move(what)); }});
    }
  }

  RunReport run() {
    constexpr Time kJobsMustEndBy = Time{} + 1h, kBooksMustBeClosedBy = kJobsMustEndBy + 1h;
    while (master_.auditor().complaint().empty()) {
      if (!timeline_.advance()) {
        if (!master_.all_jobs_done()) master_.auditor().complain("nothing more will happen, and a job is not over");
        break;
      }
      if (!master_.all_jobs_done()) {
        report_.took = timeline_.now().time_since_epoch();
        if (timeline_.now() > kJobsMustEndBy) master_.auditor().complain("a job did not end");
      } else {
        // What is still open is answered or given up; then nothing may be left.
        if (master_.auditor().open_attempts() == 0) break;
        if (timeline_.now() > kBooksMustBeClosedBy) master_.auditor().complain("a request was never given up");
      }
    }
    const auto left = master_.scheduler().totals();
    if (left.jobs + left.attempts + left.bytes_in_flight + left.bytes_kept > 0) {
      master_.auditor().complain("at the end something is left in the scheduler");
    }
    if (const auto sound = master_.scheduler().check(); !sound) master_.auditor().complain(sound.error().text());
    report_.complaint = master_.auditor().complaint();
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
    const std::uint64_t bytes = std::visit(Weight{}, *shared);
    report_.bytes_out += bytes;
    const Time left = up_.pass(timeline_.now(), bytes);
    const Time there = worker.downlink().pass(left + worker.plan().latency, bytes);
    carry(worker, there, [to, &worker, shared] {
      if (worker.connection() == to) worker.receive(*shared);
    });
  }

  void to_master(VirtualWorker& from, ToMaster message) {
    const WorkerId id = *from.connection();
    auto shared = std::make_shared<const ToMaster>(std::move(message));
    const std::uint64_t bytes = std::visit(Weight{}, *shared);
    const Time left = from.uplink().pass(timeline_.now(), bytes);
    carry(from, left + from.plan().latency, [this, id, bytes, shared] {
      report_.bytes_in += bytes;
      // Delivered even when the master has hung up meanwhile: the scheduler must know by itself.
      timeline_.at(down_.pass(timeline_.now(), bytes), [this, id, shared] { master_.receive(id, *shared); });
    });
  }

  /// Lets a message arrive, with what the network does to it.
  void carry(VirtualWorker& worker, Time when, std::function<void()> deliver) {
    const WorkerPlan& plan = worker.plan();
    Random& random = worker.random();
    when = arrival(worker, when);
    if (plan.lost > 0 && random.chance(plan.lost)) return;
    if (plan.reordered > 0 && random.chance(plan.reordered)) when += seconds(random.scale(1e-4, 0.2));
    if (plan.doubled > 0 && random.chance(plan.doubled)) timeline_.at(when + seconds(random.scale(1e-4, 5)), deliver);
    timeline_.at(when, std::move(deliver));
  }

  static Time arrival(const VirtualWorker& worker, Time when) {
    const auto& cut_off = worker.plan().cut_off;
    return cut_off && cut_off->contains(when) ? cut_off->until : when;
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

std::string judge(const Scenario& scenario, const RunReport& report) {
  const auto& jobs = report.jobs;
  const JobPlan& plan = scenario.jobs[0];
  double bytes = 0;
  for (const auto strip : plan.strip_bytes) bytes += static_cast<double>(strip);
  // How long an answer usually takes: four strips are queued to a worker.
  const auto usual = [&] {
    return 4.0 * static_cast<double>(plan.strip_bytes[0]) / scenario.workers[0].bytes_per_second;
  };
  switch (scenario.kind) {
    case Kind::chaos: return {};
    case Kind::cramped: {
      Scenario twin = scenario;
      twin.options.local_spares_link = false;
      const RunReport other = run(twin);
      const double limit = 1.1 * in_seconds(other.took) + 10 * usual() + 0.1;
      if (in_seconds(report.took) > limit) {
        return fmt::format("sparing the link makes a job of {:.3f} s take {:.3f} s; at most {:.3f} s would be right",
                           in_seconds(other.took), in_seconds(report.took), limit);
      }
      // But for strips that somebody else did as well, since the master took its time.
      const auto& had = jobs[0].report;
      if (had.bytes_sent <= other.jobs[0].report.bytes_sent + ((had.duplicates + had.stolen) << 20)) return {};
      return fmt::format("to spare the link, {} bytes were sent instead of {}", had.bytes_sent,
                         other.jobs[0].report.bytes_sent);
    }
    case Kind::straggler: {
      Scenario twin = scenario;
      twin.workers[0].slows_down.reset();
      const double without = in_seconds(run(twin).took);
      const auto n = static_cast<double>(scenario.workers.size());
      // One worker less, and now and then a wait of twice the usual time.
      const double limit = 1.25 * without * n / (n - 1) + 10 * usual() + 0.4;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("one straggler of {} makes a job of {:.3f} s take {:.3f} s; at most {:.3f} s would be right",
                         n, without, in_seconds(report.took), limit);
    }
    case Kind::fairness:
      if (jobs[0].least_progress_of_others > 0.8) return {};
      return fmt::format("of {} equal jobs, one is done when another has {:.0f} %", jobs.size(),
                         100 * jobs[0].least_progress_of_others);
    case Kind::affinity:
      // But for a few strips that idle workers take over, at the very end. (What the master takes over crosses no
      // link.)
      if (static_cast<double>(jobs[0].report.bytes_sent) <= bytes + static_cast<double>(jobs[0].report.stolen << 20) &&
          static_cast<double>(jobs[0].report.bytes_sent) <= bytes * 9 / 8) {
        return {};
      }
      return fmt::format("{} bytes of pixels were sent for a job of {:.0f}", jobs[0].report.bytes_sent, bytes);
    case Kind::late_joiners: {
      // Map by one worker, then a tenth of apply; from there on most of the work is others'.
      const double alone = bytes / scenario.workers[0].bytes_per_second;
      const double limit = 0.01 + 1.1 * alone + 0.3 * 0.9 * alone + 0.3;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("{} workers that came late let a job take {:.3f} s; {:.3f} s would be right",
                         scenario.workers.size() - 1, in_seconds(report.took), limit);
    }
    case Kind::last_resort: {
      const double limit = 2 * bytes / scenario.master_bytes_per_second + 15;
      if (in_seconds(report.took) <= limit) return {};
      return fmt::format("the master alone took {:.1f} s; {:.1f} s would be right", in_seconds(report.took), limit);
    }
  }
  return {};
}

}  // namespace

RunReport run(const Scenario& scenario, const Log& log) { return World(scenario, log).run(); }

RunReport run_and_judge(const Scenario& scenario, const Log& log) {
  RunReport report = run(scenario, log);
  if (report.complaint.empty()) report.complaint = judge(scenario, report);
  return report;
}

}  // namespace ece465::simulate
