#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <vector>

#include "ece465/mapreduce/scheduler.hpp"

/// Drives a scheduler by hand, with a manual clock, and records its actions.

namespace ece465::mapreduce {

using namespace std::chrono_literals;

inline constexpr WorkerId kAnn{1}, kBob{2}, kCleo{3};
inline constexpr JobId kJob{1}, kOther{2};
inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

/// A worker of the current dialect: many requests at once, PING, DROP, and memory to keep 16 strips.
inline WorkerSpec modern() {
  return {.credit_bytes = 4 * kMiB, .max_tasks = 64, .keep_bytes = 16 * kMiB, .heartbeat = true, .supports_drop = true};
}

class Driver {
 public:
  explicit Driver(const SchedulerOptions& options = {}) : scheduler_(options) {}

  void step(const Event& event) {
    for (Action& action : scheduler_.step(event, now_)) {
      if (const auto* send = std::get_if<Send>(&action)) open_[send->worker].push_back(*send);
      if (const auto* run = std::get_if<RunLocally>(&action)) local_.push_back(*run);
      if (const auto* set = std::get_if<SetTimer>(&action)) timer_ = set->at;
      actions_.push_back(std::move(action));
    }
    const auto valid = scheduler_.check_invariants();
    REQUIRE_MESSAGE(valid.has_value(), (valid ? "" : valid.error().text()));
  }
  void join(WorkerId worker, const WorkerSpec& spec = modern()) { step(WorkerJoined{worker, spec}); }
  /// A job of `strips` strips of a megabyte, all readable.
  void submit(JobId job, std::uint32_t strips, bool apply = true, std::uint64_t bytes = kMiB) {
    step(JobSubmitted{job, {.strip_bytes = std::vector(strips, bytes), .ready = strips, .apply = apply}});
  }
  /// Advances the clock and runs the timers that expire.
  void wait(Duration time) {
    const Time until = now_ + time;
    while (timer_ && *timer_ <= until) {
      now_ = std::max(now_, *timer_);
      timer_.reset();
      step(TimePassed{});
    }
    now_ = until;
  }
  /// Advances the clock while this machine is suspended: timers run late.
  void sleep(Duration time) {
    now_ += time;
    step(TimePassed{});
  }
  /// The worker answers its oldest request, after `time`.
  Send answer(WorkerId worker, Outcome outcome = Outcome::good, Duration time = 1ms) {
    REQUIRE(!open_[worker].empty());
    const Send send = open_[worker].front();
    open_[worker].pop_front();
    now_ += time;
    step(Answered{.worker = worker, .attempt = send.attempt, .outcome = outcome});
    return send;
  }
  void answer_all(WorkerId worker) {
    while (!open_[worker].empty()) answer(worker);
  }
  /// The master answers its oldest strip.
  RunLocally run_local(Outcome outcome = Outcome::good, Duration time = 1ms) {
    REQUIRE(!local_.empty());
    const RunLocally run = local_.front();
    local_.pop_front();
    now_ += time;
    step(Answered{.worker = kMaster, .attempt = run.attempt, .outcome = outcome});
    return run;
  }
  /// These workers join and complete a job, which ends their probation: their full credit applies.
  void join_proven(const std::vector<WorkerId>& workers, const WorkerSpec& spec = modern()) {
    for (const WorkerId worker : workers) join(worker, spec);
    submit(JobId{1000}, 10 * static_cast<std::uint32_t>(workers.size()), false);
    finish(workers);
    for (const WorkerId worker : workers) REQUIRE(view(worker).state == WorkerState::active);
    actions_.clear();
  }
  /// The master and these workers answer in turn until nothing is open.
  void finish(const std::vector<WorkerId>& workers) {
    for (bool busy = true; busy;) {
      busy = !local_.empty();
      if (busy) run_local();
      for (const WorkerId worker : workers) {
        if (open_[worker].empty()) continue;
        answer(worker);
        busy = true;
      }
    }
  }

  /// Requests that a worker has not answered, in order of arrival.
  [[nodiscard]] const std::deque<Send>& open(WorkerId worker) { return open_[worker]; }
  [[nodiscard]] const std::deque<RunLocally>& local() const { return local_; }
  /// All actions of one kind since the last `clear`.
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Action& action : actions_) {
      if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
    }
    return found;
  }
  void clear() { actions_.clear(); }
  [[nodiscard]] WorkerView view(WorkerId worker) const { return scheduler_.worker(worker).value(); }
  [[nodiscard]] JobView view(JobId job) const { return scheduler_.job(job).value(); }
  [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] std::optional<Time> timer() const { return timer_; }

 private:
  Scheduler scheduler_;
  Time now_{1h};
  std::optional<Time> timer_;
  std::vector<Action> actions_;
  std::map<WorkerId, std::deque<Send>> open_;
  std::deque<RunLocally> local_;
};

}  // namespace ece465::mapreduce
