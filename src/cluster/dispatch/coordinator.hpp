#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/mapreduce/scheduler.hpp"
#include "ece465/net/asio.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/message.hpp"

namespace ece465::cluster {

/// A worker's answer for a strip: counts of a map attempt, samples of an apply attempt, or the result for a piece of
/// text.
struct Answer {
  std::vector<std::uint64_t> counts;
  Buffer samples;
  std::string result;
  /// Keeps the group of strips that the samples belong to in memory.
  std::shared_ptr<const void> loaded;
};

/// Protects a strip's samples from being overwritten while they are being sent.
class Lease {
 public:
  virtual ~Lease() = default;
  /// Called if the samples are needed here and the lease is held for too long. Aborts the slow transfer.
  std::function<void()> on_revoke;
};

/// How thoroughly an answer is compared with the master's own samples.
enum class Check : std::uint8_t {
  sampled,  ///< 64 samples. Detects garbage and mixed-up answers; for answers with a checksum, which detects damage.
  full,     ///< every sample. For answers without a checksum: a lost byte or a duplicate answer would look valid.
};

/// One job of the scheduler (a page or a text), as seen by the coordinator and the workers' sessions. On the loop.
class JobHandler {
 public:
  virtual ~JobHandler() = default;

  // --- For the scheduler's actions ---

  /// Processes a strip on this machine's threads and answers as `kMaster`.
  virtual void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) = 0;
  /// Merges the first good answer of a strip.
  virtual void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) = 0;
  virtual void phase_done(mapreduce::Phase phase) = 0;
  virtual void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) = 0;

  // --- For observers ---

  /// A strip is assigned to a worker (or to `kMaster`). `kept`: without its samples, which the worker has kept.
  virtual void on_assigned(mapreduce::AttemptId /*attempt*/, std::uint32_t /*strip*/, mapreduce::WorkerId /*to*/,
                           bool /*kept*/) {}
  /// An attempt failed. Called for attempts of all jobs.
  virtual void on_failed(mapreduce::AttemptId /*attempt*/, mapreduce::Outcome /*outcome*/) {}
  /// A worker disconnected. Called for all workers.
  virtual void on_worker_lost(const std::string& /*id*/) {}
  /// Bytes transferred for this job.
  virtual void on_transfer(mapreduce::Phase phase, std::uint64_t sent, std::uint64_t received) = 0;

  // --- For workers' sessions ---

  /// The kind of MAP if the strips are pieces of text; nothing if they are samples.
  [[nodiscard]] virtual std::optional<text::Kind> map_kind() const { return std::nullopt; }
  /// Whether a result of MAP is plausible. Fails like `check_counts`.
  [[nodiscard]] virtual net::Task<Result<void>> check_result(std::uint32_t /*strip*/, std::string_view /*result*/,
                                                             Check /*check*/) {
    co_return fail(Errc::corrupt, "a text result for samples");
  }

  /// Bits per sample, 8 or 16.
  [[nodiscard]] virtual unsigned bits() const = 0;
  [[nodiscard]] virtual std::uint64_t strip_bytes(std::uint32_t strip) const = 0;
  /// A strip's samples or text, valid as long as `lease` exists.
  struct Payload {
    Bytes bytes;
    std::shared_ptr<Lease> lease;
    /// Keeps the strip in memory for `check_counts`.
    std::shared_ptr<const void> loaded;

    Payload() = default;
  };
  /// Fails if the job has failed or no longer needs the strip.
  [[nodiscard]] virtual net::Task<Result<Payload>> payload(std::uint32_t strip, mapreduce::Phase phase) = 0;
  /// The table for a strip, in wire format. Lives as long as the handler.
  [[nodiscard]] virtual Bytes table(std::uint32_t strip) const = 0;
  [[nodiscard]] virtual wire::TableId table_id(std::uint32_t strip) const = 0;
  /// Whether an answer is plausible. Fails with `corrupt` and the reason if not; other failures are not the worker's
  /// fault.
  [[nodiscard]] virtual net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                             Check check) = 0;
  /// Returns `Answer::loaded`. Fails like `check_counts`.
  [[nodiscard]] virtual net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                                    Check check) = 0;
};

/// A worker's connection, as seen by the coordinator. On the loop.
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  /// Sends a strip. The outcome is reported to `Coordinator::answered`.
  virtual void send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& handler) = 0;
  virtual void drop(mapreduce::AttemptId attempt) = 0;
  virtual void ping() = 0;
  /// The scheduler has already removed the worker.
  virtual void close(mapreduce::CloseReason reason) = 0;
  /// The id under which it registered.
  [[nodiscard]] virtual const std::string& id() const = 0;
};

/// Drives the scheduler: feeds it events with the time, and performs its actions through links and handlers. The only
/// caller of `Scheduler::step`. On the loop's thread only.
class Coordinator {
 public:
  Coordinator(asio::io_context& context, const mapreduce::SchedulerOptions& options);
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // --- Workers ---

  /// Adds a worker. The link stays registered until `lost`, or until the scheduler closes it.
  [[nodiscard]] mapreduce::WorkerId join(std::shared_ptr<WorkerLink> link, const mapreduce::WorkerSpec& spec);
  void leaving(mapreduce::WorkerId worker);
  void lost(mapreduce::WorkerId worker);
  void heard(mapreduce::WorkerId worker);
  /// `answer` is used only if `outcome` is good.
  void answered(mapreduce::WorkerId worker, mapreduce::AttemptId attempt, mapreduce::Outcome outcome,
                Answer answer = {});

  // --- Jobs ---

  /// The handler stays registered until its `done` was called.
  [[nodiscard]] mapreduce::JobId submit(std::shared_ptr<JobHandler> handler, mapreduce::JobSpec spec);
  void ready(mapreduce::JobId job, std::uint32_t strips);
  void added(mapreduce::JobId job, std::vector<std::uint64_t> strip_bytes, bool last);
  void table_ready(mapreduce::JobId job);
  void cancel(mapreduce::JobId job);

  // --- For monitoring ---

  [[nodiscard]] const mapreduce::Scheduler& scheduler() const { return scheduler_; }
  /// The id under which a worker registered; "master" for `kMaster`. Also works for the last few thousand workers that
  /// have disconnected.
  [[nodiscard]] std::string name_of(mapreduce::WorkerId worker) const;

  /// Stops the timer, so that the loop can end.
  void stop();

 private:
  struct PendingEvent {
    mapreduce::Event event;
    Answer answer;
  };
  void feed(mapreduce::Event event, Answer answer = {});
  void perform(const mapreduce::Send& action);
  void perform(const mapreduce::RunLocally& action);
  void perform(const mapreduce::Drop& action);
  void perform(const mapreduce::Accept& action);
  void perform(const mapreduce::Ping& action);
  void perform(const mapreduce::CloseWorker& action);
  void perform(const mapreduce::PhaseDone& action);
  void perform(const mapreduce::JobDone& action);
  void perform(const mapreduce::SetTimer& action);
  void notify_worker_lost(mapreduce::WorkerId worker) const;
  [[nodiscard]] WorkerLink* link(mapreduce::WorkerId worker) const;

  mapreduce::Scheduler scheduler_;
  asio::steady_timer timer_;
  /// Events that actions cause wait here until all actions of the step are performed: steps do not nest.
  std::deque<PendingEvent> pending_;
  bool stepping_ = false;
  Answer* current_answer_ = nullptr;  // of the event being processed
  std::uint64_t last_worker_ = 0, last_job_ = 0;
  std::unordered_map<mapreduce::WorkerId, std::shared_ptr<WorkerLink>> links_;
  std::unordered_map<mapreduce::JobId, std::shared_ptr<JobHandler>> handlers_;
  std::map<mapreduce::WorkerId, std::string> names_;
};

}  // namespace ece465::cluster
