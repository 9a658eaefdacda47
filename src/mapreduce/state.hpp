#pragma once

#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "ece465/mapreduce/scheduler.hpp"
#include "throughput_estimate.hpp"
#include "ranking.hpp"

/// What the scheduler remembers. One topic of its behaviour per file: step.cpp (what each event does),
/// attempts.cpp (an attempt's life), hand_out.cpp (who gets what), workers.cpp (trust and credit), jobs.cpp
/// (phases and queues), timers.cpp, views.cpp, check.cpp.

namespace ece465::mapreduce {

/// One strip at one worker, from Send until the worker's answer or end. It outlives its strip's being done, and
/// even its job: until the worker has answered, it uses up the worker's credit.
struct Attempt {
  WorkerId worker;
  TaskId task;
  Phase phase = Phase::map;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_queued = 0;  ///< at its worker when it was sent, its own included
  Time sent;
  Time deadline{};               ///< never for the master's own
  bool keep = false;             ///< the worker was asked to keep the strip
  std::uint64_t bytes_kept = 0;  ///< what of the worker's room for kept strips it takes up, while it is open
  bool wanted = true;            ///< the strip still needs it; when not, the answer is ignored
  bool late = false;             ///< past its deadline; the strip has gone to somebody else too

  /// It applies a strip that its worker had kept, and is counted on.
  [[nodiscard]] bool applies_kept() const { return phase == Phase::apply && bytes_kept > 0 && wanted && !late; }
};

struct Strip {
  std::uint64_t bytes = 0;
  StripState state = StripState::unread;
  std::uint32_t misses = 0;  ///< attempts of this phase that came to nothing
  /// Wanted attempts in flight. Those that are not late are `running` ones: at most two.
  std::vector<AttemptId> attempts;
  /// The worker that keeps the strip's pixels, and the map attempt under which it does.
  std::optional<WorkerId> keeper;
  AttemptId kept_as;
};

struct Job {
  Stage stage = Stage::map;
  bool has_apply = true;
  bool open = false;  ///< more strips may be added
  Skills needs = 0;
  std::uint32_t ready = 0;
  std::uint64_t largest_strip = 0;
  std::vector<Strip> strips;
  /// How many strips are in each StripState, and how many bytes they have.
  std::array<std::uint32_t, 6> count{};
  std::array<std::uint64_t, 6> bytes{};
  /// Strips that wait for any worker. In order: lower strips are retried first and stitched first.
  std::set<std::uint32_t> queue;
  /// Workers that may take a strip and keep some of this job that wait to be applied.
  std::set<WorkerId> keepers;
  /// Attempts that apply a strip which their worker kept, and are neither late nor dropped.
  std::uint32_t applying_kept = 0;
  /// Bytes handed out, adjusted when the job comes back from having nothing to do: the job with the least is next.
  std::uint64_t charged = 0;
  JobReport report;
};

struct Worker {
  WorkerSpec spec;
  /// Open attempts: answers that it owes.
  std::set<AttemptId> attempts;
  std::uint64_t bytes_in_flight = 0;
  std::size_t late = 0;  ///< how many of them are past their deadline
  /// Strips it keeps; of these, the ones that now wait to be applied. `bytes_kept` includes those of open attempts:
  /// on their way with a map attempt, or being applied.
  std::set<TaskId> kept;
  std::map<JobId, std::set<std::uint32_t>> kept_waiting;
  std::uint64_t bytes_kept = 0;
  std::uint64_t bytes_waiting = 0;
  /// Of its attempts, those that apply what it kept (Attempt::applies_kept).
  std::uint32_t applying_kept = 0;
  ThroughputEstimate pace;                                         ///< how fast it serves what is queued to it
  Time answered;                                     ///< its last good answer
  int quiet = 0;                                     ///< heartbeats since it was heard last
  bool proven = false;                               ///< has answered well since it joined or last lied
  bool counted = false, usable = false;              ///< counts in its crew as in favour, as usable
  std::uint64_t counted_room = 0, counted_keep = 0;  ///< and with so much of the crew's room for kept strips
  bool quarantined = false;
  bool leaving = false;
  std::uint32_t lies = 0;
  std::uint32_t failures = 0;
  JobReport::Share merged;
};

/// Workers with the same skills.
struct WorkerGroup {
  Ranking<WorkerId, Duration> takers;     ///< proven ones that may take a strip, by when they would finish it
  Ranking<WorkerId, Duration> free_ones;  ///< of these, those without kept strips to apply
  Ranking<WorkerId, Duration> newcomers;  ///< the others that may
  std::size_t eligible = 0;              ///< all, busy or not, that would be given work
  std::size_t usable = 0;                 ///< of these, the proven ones
  std::uint64_t keep_bytes = 0;           ///< what those in favour can keep,
  std::uint64_t keep_room = 0;            ///< and what of it is free
};

/// Jobs that need the same skills.
struct JobQueue {
  Ranking<JobId, std::uint64_t> hungry;  ///< jobs with strips that somebody could be given, by bytes charged
  Ranking<AttemptId, Time> speculation_candidates;     ///< sole attempts, by when to see whether they are worth a second one
};

class Scheduler::State {
 public:
  explicit State(const SchedulerOptions& options);

  // The four parts of a step.
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
  void let_time_pass();
  void hand_out_work();
  [[nodiscard]] std::vector<Action> finish();

  // views.cpp, check.cpp
  [[nodiscard]] WorkerView view(WorkerId id, const Worker& worker) const;
  [[nodiscard]] std::vector<WorkerView> view_workers() const;
  [[nodiscard]] std::optional<WorkerView> view_worker(WorkerId id) const;
  [[nodiscard]] std::optional<JobView> view_job(JobId id) const;
  [[nodiscard]] std::vector<StripView> view_strips(JobId id) const;
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] Result<void> check_jobs() const;
  [[nodiscard]] Result<void> check_workers() const;

 private:
  // --- attempts.cpp: an attempt's life ---

  /// Counts an attempt among those that apply what was kept, or no longer, if it is one.
  void count_applying(const Attempt& attempt, std::uint32_t change);
  /// Hands a strip, wherever it waits, to a worker. `from_kept`: it has kept the pixels.
  void start(TaskId task, WorkerId to, bool from_kept = false);
  /// The attempt is over for its worker: it owes nothing for it any more.
  Attempt end(AttemptId id);
  /// The first good answer of its strip: merge it, drop the others.
  void accept(AttemptId id, const Attempt& attempt);
  /// An attempt came to nothing: its strip waits again, unless another attempt is running.
  void miss(const Attempt& attempt);
  /// Nobody needs this open attempt any more.
  void drop(AttemptId id);
  /// An attempt is past its deadline for the first time.
  void become_late(AttemptId id);
  /// Attempts of a strip that are wanted and not late.
  [[nodiscard]] std::vector<AttemptId> running(const Strip& strip) const;

  // --- hand_out.cpp: who gets what ---

  void hand_out_last_resort();
  void hand_out_waiting();
  void balance_kept();
  void speculate(JobQueue& trade);
  /// Who should get the next strip of a job; the master itself only when it may.
  [[nodiscard]] std::optional<WorkerId> next_taker(const Job& job) const;
  /// The best proven worker with these skills and credit left (the master counts), other than `busy`.
  [[nodiscard]] std::optional<WorkerId> idle_besides(WorkerId busy, Skills needs) const;
  [[nodiscard]] std::optional<WorkerId> best(Ranking<WorkerId, Duration> WorkerGroup::* group, Skills needs,
                                             WorkerId besides) const;
  /// Whether this worker has its share of what waits, when that is little.
  [[nodiscard]] bool has_enough(WorkerId id, const Job& job) const;
  [[nodiscard]] bool anyone_usable(Skills needs) const;
  /// Whether strips in the job's queue should rather stay with the master than cross its link.
  [[nodiscard]] bool spares_link(const Job& job) const;
  /// Whether they are not queued behind what workers kept.
  [[nodiscard]] bool holds_back(const Job& job) const;
  [[nodiscard]] bool credit_left() const { return bytes_in_flight_ < options_.total_credit_bytes; }

  // --- workers.cpp: trust and credit ---

  void heard_from(WorkerId id);
  /// A good answer: learn the worker's pace, trust it.
  void praise(const Attempt& attempt);
  /// An answer that was not good. `wanted`: the master had not dropped the attempt.
  void blame(WorkerId id, Outcome outcome, bool wanted);
  void release(WorkerId id);
  /// Nothing that the worker keeps is counted on any more. `tell`: it is told so.
  void give_up_kept(WorkerId id, bool tell);
  void unkeep(TaskId task, bool tell);
  void close(WorkerId id, CloseReason reason);
  void forget_worker(WorkerId id);
  /// Its answers are on time and true as far as we know, and it stays.
  [[nodiscard]] static bool eligible(const Worker& worker);
  /// It may be given one more strip.
  [[nodiscard]] bool may_take(const Worker& worker) const;
  /// How long the worker would need to finish `more` bytes after all it holds.
  [[nodiscard]] Duration expected(const Worker& worker, std::uint64_t more) const;
  /// Puts the worker where it belongs in all rankings. After every change of a worker.
  void refresh(WorkerId id);

  // --- jobs.cpp: phases and queues ---

  /// Puts a strip that has to be done where it waits: with its keeper, in its job's queue, or for the master.
  void wait(TaskId task);
  /// Takes a strip from where it waits, if it does.
  void unwait(TaskId task);
  void set_state(Job& job, Strip& strip, StripState state);
  /// Adds strips to the job, unread.
  void add_strips(Job& job, const std::vector<std::uint64_t>& bytes);
  void end_phase(JobId id);
  /// Ends the phase if all strips of it are merged and no more can come.
  void end_phase_if_done(JobId id);
  void end_job(JobId id, JobOutcome outcome);
  /// Puts the job where it belongs among the hungry ones.
  void refresh_hunger(JobId id);
  /// The largest strip of all jobs has changed, perhaps; with it, who has room for one.
  void refresh_room();
  /// What the hungriest job was charged.
  [[nodiscard]] std::optional<std::uint64_t> least_charged() const;
  [[nodiscard]] JobQueue& trade_of(const Job& job) { return trades_[job.needs]; }
  [[nodiscard]] Strip& strip_of(TaskId task) { return jobs_.at(task.job).strips[task.strip]; }

  // --- timers.cpp ---

  void set_deadline(AttemptId id, Attempt& attempt);
  /// Watches a sole attempt, or stops watching it.
  void suspect(AttemptId id);
  void unsuspect(AttemptId id);
  /// How long an attempt may take before a second one is worth its bytes.
  [[nodiscard]] Duration usual_limit(const Attempt& attempt) const;
  void beat(WorkerId id);
  [[nodiscard]] std::optional<Time> next_wake() const;

  SchedulerOptions options_;
  Time now_{};
  std::vector<Action> actions_;
  std::optional<Time> timer_;  // as last set

  std::unordered_map<WorkerId, Worker> workers_;  // kMaster included
  std::unordered_map<JobId, Job> jobs_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  AttemptId last_attempt_;
  std::uint64_t bytes_in_flight_ = 0;  // to workers, not the master; without late ones
  std::uint64_t room_needed_ = 0;      // the largest strip of all jobs

  // Who is next. Each is the answer to one question that would else be a search.
  std::map<Skills, WorkerGroup> crews_;
  std::map<Skills, JobQueue> trades_;
  Ranking<WorkerId, Duration> backlogs_;  // workers with kept strips to apply, by how long they will be at it
  std::set<TaskId> last_resort_;          // strips that only the master tries
  Ranking<AttemptId, Time> deadlines_;
  Ranking<WorkerId, Time> heartbeats_;  // when the next is due
  Ranking<WorkerId, Time> releases_;    // ends of quarantines
  std::uint64_t fair_clock_ = 0;        // `charged` of the job served last

  ThroughputEstimate service_;     // as a worker's own, over all workers: what is usual
  ThroughputEstimate throughput_;  // of all workers together
  Time answered_{};  // the last good answer of any worker
};

}  // namespace ece465::mapreduce
