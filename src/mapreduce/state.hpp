#pragma once

#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "ece465/mapreduce/scheduler.hpp"
#include "ranking.hpp"
#include "throughput_estimate.hpp"

/// The scheduler's state. Its behaviour is split by topic: step.cpp (what each event does), attempts.cpp (life cycle of
/// an attempt), assign.cpp (which worker gets what), workers.cpp (trust and credit), jobs.cpp (phases and queues),
/// timers.cpp, views.cpp, invariants.cpp.

namespace ece465::mapreduce {

/// One strip at one worker, from Send until the worker answers or is removed. May outlive its strip's completion and
/// even its job: until the worker has answered, the attempt uses the worker's credit.
struct Attempt {
  WorkerId worker;
  TaskId task;
  Phase phase = Phase::map;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_queued = 0;  ///< in flight to its worker when it was sent, including its own
  Time sent;
  Time deadline{};               ///< unset for the master's own
  bool keep = false;             ///< the worker was asked to keep the strip
  std::uint64_t bytes_kept = 0;  ///< reserved in the worker's memory for kept strips while the attempt is open
  bool wanted = true;            ///< the strip still needs it; otherwise the answer is ignored
  bool late = false;             ///< past its deadline; the strip was reassigned

  /// It applies a strip that its worker had kept, and may still succeed.
  [[nodiscard]] bool applies_kept() const { return phase == Phase::apply && bytes_kept > 0 && wanted && !late; }
};

struct Strip {
  std::uint64_t bytes = 0;
  StripState state = StripState::unread;
  std::uint32_t failed_attempts = 0;  ///< in this phase
  /// Wanted attempts in flight. At most two of them are not late.
  std::vector<AttemptId> attempts;
  /// The worker that keeps the strip's pixels, and the map attempt under which it does.
  std::optional<WorkerId> keeper;
  AttemptId kept_under;
};

struct Job {
  Stage stage = Stage::map;
  bool has_apply = true;
  bool open = false;  ///< more strips may be added
  Capabilities needs = 0;
  std::uint32_t ready = 0;
  std::uint64_t largest_strip = 0;
  std::vector<Strip> strips;
  /// Number of strips in each StripState, and their bytes.
  std::array<std::uint32_t, 6> count{};
  std::array<std::uint64_t, 6> bytes{};
  /// Strips that wait for any worker. Ordered: lower strips are retried and written first.
  std::set<std::uint32_t> queue;
  /// Workers that can take a strip and keep strips of this job that wait to be applied.
  std::set<WorkerId> keepers;
  /// Number of attempts with `applies_kept()`.
  std::uint32_t applying_kept = 0;
  /// Bytes assigned, adjusted when the job becomes runnable again. The job with the fewest is next.
  std::uint64_t charged = 0;
  JobReport report;

  [[nodiscard]] std::uint32_t count_in(StripState state) const { return count[std::to_underlying(state)]; }
  [[nodiscard]] std::uint64_t bytes_in(StripState state) const { return bytes[std::to_underlying(state)]; }
};

struct Worker {
  WorkerSpec spec;
  /// Attempts that it has not answered.
  std::set<AttemptId> attempts;
  std::uint64_t bytes_in_flight = 0;
  std::size_t late = 0;  ///< number of attempts past their deadline
  /// Strips that it keeps, and those of them that wait to be applied. `bytes_kept` also includes the strips of open
  /// attempts: to be kept by a map attempt, or being applied.
  std::set<TaskId> kept;
  std::map<JobId, std::set<std::uint32_t>> kept_waiting;
  std::uint64_t bytes_kept = 0;
  std::uint64_t bytes_waiting = 0;
  /// Number of its attempts with `applies_kept()`.
  std::uint32_t applying_kept = 0;
  ThroughputEstimate throughput;  ///< from queued to answered
  Time last_good_answer;
  int missed_heartbeats = 0;
  bool proven = false;  ///< has answered well since it joined or was quarantined
  bool quarantined = false;
  bool leaving = false;
  /// What it currently contributes to its group's sums.
  bool counted_eligible = false, counted_proven = false;
  std::uint64_t counted_keep_bytes = 0, counted_keep_free = 0;
  std::uint32_t invalid_results = 0;
  std::uint32_t failures = 0;
  JobReport::Share merged;
};

/// Workers with the same capabilities.
struct WorkerGroup {
  Ranking<WorkerId, Duration> available;     ///< proven workers that can take a strip, by expected completion time
  Ranking<WorkerId, Duration> without_kept;  ///< of these, those without kept strips to apply
  Ranking<WorkerId, Duration> unproven;      ///< the others that can take a strip
  std::size_t eligible = 0;                  ///< workers, busy or not, that may be given work
  std::size_t proven = 0;                    ///< of these, the proven ones
  std::uint64_t keep_bytes = 0;              ///< memory of the eligible workers for kept strips,
  std::uint64_t keep_free = 0;               ///< and how much of it is free
};

/// Jobs that need the same capabilities.
struct JobQueue {
  Ranking<JobId, std::uint64_t> runnable;           ///< jobs with strips to assign, by bytes charged
  Ranking<AttemptId, Time> speculation_candidates;  ///< sole attempts, by when to check whether they are stragglers
};

class Scheduler::State {
 public:
  explicit State(const SchedulerOptions& options);

  // The parts of a step.
  void begin(Time now);
  void on(const WorkerJoined& event);
  void on(const WorkerLeaving& event);
  void on(const WorkerLost& event);
  void on(const WorkerHeard& event);
  void on(const Answered& event);
  void on(const JobSubmitted& event);
  void on(const StripsReady& event);
  void on(const StripsAdded& event);
  void on(const TableReady& event);
  void on(const JobCancelled& event);
  void on(const TimePassed&) {}
  void run_timers();
  void assign_work();
  [[nodiscard]] std::vector<Action> finish();

  // views.cpp, invariants.cpp
  [[nodiscard]] WorkerView view(WorkerId id, const Worker& worker) const;
  [[nodiscard]] std::vector<WorkerView> view_workers() const;
  [[nodiscard]] std::optional<WorkerView> view_worker(WorkerId id) const;
  [[nodiscard]] std::optional<JobView> view_job(JobId id) const;
  [[nodiscard]] std::vector<StripView> view_strips(JobId id) const;
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] Result<void> check_invariants() const;
  [[nodiscard]] Result<void> check_jobs() const;
  [[nodiscard]] Result<void> check_workers() const;

 private:
  // --- attempts.cpp ---

  /// Adds `change` to the counts of attempts with `applies_kept()`, if this is one.
  void count_applying(const Attempt& attempt, std::uint32_t change);
  /// Assigns a waiting strip to a worker. `from_kept`: the worker keeps the pixels.
  void start_attempt(TaskId task, WorkerId to, bool from_kept = false);
  /// Removes an attempt that its worker has answered or will never answer.
  Attempt end_attempt(AttemptId id);
  /// The first good answer of its strip: merges it and drops the other attempts.
  void accept(AttemptId id, const Attempt& attempt);
  /// Queues the attempt's strip again, unless another attempt is running.
  void record_failed_attempt(const Attempt& attempt);
  /// The strip no longer needs this open attempt.
  void drop(AttemptId id);
  /// The attempt has passed its deadline.
  void mark_late(AttemptId id);
  /// The strip's attempts that are wanted and not late.
  [[nodiscard]] std::vector<AttemptId> running_attempts(const Strip& strip) const;

  // --- assign.cpp ---

  void assign_last_resort();
  void assign_waiting();
  void steal_kept();
  void speculate(JobQueue& queue);
  /// The worker that should get the next strip of a job, if there is one. Includes the master where allowed.
  [[nodiscard]] std::optional<WorkerId> choose_worker(const Job& job) const;
  /// The best proven worker, other than `excluded`, with these capabilities and free credit; or the master.
  [[nodiscard]] std::optional<WorkerId> idle_worker(WorkerId excluded, Capabilities needs) const;
  [[nodiscard]] std::optional<WorkerId> best_of(Ranking<WorkerId, Duration> WorkerGroup::* ranking, Capabilities needs,
                                                WorkerId excluded) const;
  /// Whether the worker already has its share of the last few strips.
  [[nodiscard]] bool has_fair_share(WorkerId id, const Job& job) const;
  [[nodiscard]] bool has_proven_worker(Capabilities needs) const;
  /// Whether the master should process the job's queued strips rather than send them.
  [[nodiscard]] bool prefers_master(const Job& job) const;
  /// Whether queued strips are withheld from workers that still apply kept ones, to leave them to the master.
  [[nodiscard]] bool reserves_for_master(const Job& job) const;
  [[nodiscard]] bool has_credit() const { return bytes_in_flight_ < options_.total_credit_bytes; }

  // --- workers.cpp ---

  void heard_from(WorkerId id);
  /// A good answer: updates the throughput estimates and ends the worker's probation.
  void record_success(const Attempt& attempt);
  /// Any other answer. `wanted`: the master had not dropped the attempt.
  void record_failure(WorkerId id, Outcome outcome, bool wanted);
  void end_quarantine(WorkerId id);
  /// Stops relying on the strips that a worker keeps. `notify`: sends Drop for them.
  void discard_kept(WorkerId id, bool notify);
  /// As above, for one strip, which must not be waiting.
  void forget_kept(TaskId task, bool notify);
  void close(WorkerId id, CloseReason reason);
  void remove_worker(WorkerId id);
  /// Whether the worker may be given work at all.
  [[nodiscard]] static bool eligible(const Worker& worker);
  /// Whether it may be given one more strip now.
  [[nodiscard]] bool can_take(const Worker& worker) const;
  /// Expected time until the worker finishes everything in flight and `more` bytes.
  [[nodiscard]] Duration expected_time(const Worker& worker, std::uint64_t more) const;
  /// Updates the worker's place in all rankings. Called after every change of a worker.
  void update_rankings(WorkerId id);

  // --- jobs.cpp ---

  /// Puts a strip where it waits: with its keeper, in its job's queue, or for the master.
  void enqueue(TaskId task);
  /// Does nothing if the strip does not wait.
  void dequeue(TaskId task);
  void set_state(Job& job, Strip& strip, StripState state);
  /// Appends strips in state `unread`.
  void add_strips(Job& job, const std::vector<std::uint64_t>& bytes);
  void end_phase(JobId id);
  /// Ends the phase if all its strips are merged and no more can be added.
  void end_phase_if_done(JobId id);
  void end_job(JobId id, JobOutcome outcome);
  /// Updates the job's place among the runnable ones.
  void update_runnable(JobId id);
  /// Recomputes the largest strip of all jobs, on which `can_take` depends.
  void update_largest_strip();
  /// The smallest charge of all runnable jobs.
  [[nodiscard]] std::optional<std::uint64_t> min_charged() const;
  [[nodiscard]] JobQueue& queue_of(const Job& job) { return queues_[job.needs]; }
  [[nodiscard]] Strip& strip_of(TaskId task) { return jobs_.at(task.job).strips[task.strip]; }

  // --- timers.cpp ---

  void set_deadline(AttemptId id, Attempt& attempt);
  void watch_straggler(AttemptId id);
  void unwatch_straggler(AttemptId id);
  /// The age at which an attempt is a straggler.
  [[nodiscard]] Duration straggler_limit(const Attempt& attempt) const;
  void on_heartbeat_due(WorkerId id);
  [[nodiscard]] std::optional<Time> next_timer() const;

  SchedulerOptions options_;
  Time now_{};
  std::vector<Action> actions_;
  std::optional<Time> timer_;  // last SetTimer

  std::unordered_map<WorkerId, Worker> workers_;  // includes kMaster
  std::unordered_map<JobId, Job> jobs_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  AttemptId last_attempt_;
  std::uint64_t bytes_in_flight_ = 0;  // to workers; without the master's and late ones
  std::uint64_t largest_strip_ = 0;    // of all jobs

  // Indexes that replace scans.
  std::map<Capabilities, WorkerGroup> groups_;
  std::map<Capabilities, JobQueue> queues_;
  Ranking<WorkerId, Duration> backlogs_;  // workers with kept strips to apply, by expected completion time
  std::set<TaskId> last_resort_;          // strips that only the master tries
  Ranking<AttemptId, Time> deadlines_;
  Ranking<WorkerId, Time> heartbeats_;  // when the next one is due
  Ranking<WorkerId, Time> quarantine_ends_;
  std::uint64_t virtual_time_ = 0;  // largest `charged` at which a strip was assigned

  ThroughputEstimate typical_throughput_;  // of one worker, over all workers
  ThroughputEstimate total_throughput_;    // of all workers together
  Time last_good_answer_{};                // of any worker
};

}  // namespace ece465::mapreduce
