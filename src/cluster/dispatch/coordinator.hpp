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

/// What came back for a strip: counts of a map attempt, or samples of an apply attempt; for a piece of text, its
/// result.
struct Answer {
  std::vector<std::uint64_t> counts;
  Buffer samples;
  std::string result;
  /// Keeps what the samples are put into in memory.
  std::shared_ptr<const void> loaded;
};

/// Samples that are on their way to somebody, in the page's own memory. As long as it lives they stay what they are.
class Lease {
 public:
  virtual ~Lease() = default;
  /// Called when they are needed back and have not come for a while: ends what is so slow.
  std::function<void()> on_revoke;
};

/// How closely an answer is looked at.
enum class Check : std::uint8_t {
  places,  ///< 64 samples: finds garbage and mix-ups. For answers that carry a checksum, which finds damage.
  all,     ///< every sample. For the others: a byte lost on the way or an answer said twice would pass for the truth.
};

/// A page whose strips are at work, as the scheduler and workers' connections see it. On the loop.
class JobHandler {
 public:
  virtual ~JobHandler() = default;

  // --- For the scheduler's actions ---

  /// Does a strip on this machine's own threads and answers as `kMaster`.
  virtual void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) = 0;
  /// Merges the first good answer of a strip.
  virtual void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) = 0;
  virtual void phase_done(mapreduce::Phase phase) = 0;
  virtual void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) = 0;

  // --- For people who watch ---

  /// A strip goes to a worker (or to `kMaster`); `kept`: without its samples, which the worker has kept.
  virtual void handed_out(mapreduce::AttemptId /*attempt*/, std::uint32_t /*strip*/, mapreduce::WorkerId /*to*/,
                          bool /*kept*/) {}
  /// An attempt, maybe one of this page's, came to nothing.
  virtual void missed(mapreduce::AttemptId /*attempt*/, mapreduce::Outcome /*outcome*/) {}
  /// A worker, maybe one that has strips of this page, is gone.
  virtual void on_worker_lost(const std::string& /*id*/) {}

  // --- For a connection that carries strips ---

  /// The strips are pieces of a text, and go through this kind of MAP; nothing: they are samples.
  [[nodiscard]] virtual std::optional<text::Kind> map_kind() const { return std::nullopt; }
  /// Whether a result of MAP can be true. Fails as `check_counts`.
  [[nodiscard]] virtual net::Task<Result<void>> check_result(std::uint32_t /*strip*/, std::string_view /*result*/,
                                                             Check /*scrutiny*/) {
    co_return fail(Errc::corrupt, "a result of a text, for samples");
  }

  /// Bits of a sample, 8 or 16.
  [[nodiscard]] virtual unsigned bits() const = 0;
  [[nodiscard]] virtual std::uint64_t strip_bytes(std::uint32_t strip) const = 0;
  /// A strip's samples, good as long as `lent` lives.
  struct Pixels {
    Bytes bytes;
    std::shared_ptr<Lease> lent;
    /// Keeps the strip in memory, where `check_counts` looks for it.
    std::shared_ptr<const void> loaded;

    Pixels() = default;
  };
  /// Fails when the page is lost, or nobody needs the strip any more.
  [[nodiscard]] virtual net::Task<Result<Pixels>> pixels(std::uint32_t strip, mapreduce::Phase phase) = 0;
  /// The table that a strip's samples go through, as it is sent; lives as long as the page.
  [[nodiscard]] virtual Bytes table(std::uint32_t strip) const = 0;
  [[nodiscard]] virtual wire::TableId table_id(std::uint32_t strip) const = 0;
  /// Whether an answer can be true. Fails with `corrupt`, saying why not; any other failure is none of the worker's.
  [[nodiscard]] virtual net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                             Check scrutiny) = 0;
  /// Returns what keeps the strip in memory, for the answer.
  [[nodiscard]] virtual net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                                    Check scrutiny) = 0;
  /// Bytes that crossed a socket on the page's account.
  virtual void moved(mapreduce::Phase phase, std::uint64_t sent, std::uint64_t received) = 0;
};

/// A worker's connection, as the scheduler's actions see it. On the loop.
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  /// Carries a strip out to the worker; whatever becomes of it is told by `Coordinator::answered`.
  virtual void send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& page) = 0;
  virtual void drop(mapreduce::AttemptId attempt) = 0;
  virtual void ping() = 0;
  /// The scheduler has forgotten the worker already.
  virtual void close(mapreduce::CloseReason reason) = 0;
  /// The id it registered under.
  [[nodiscard]] virtual const std::string& id() const = 0;
};

/// Drives the scheduler: feeds it what happened, with the time, and hands its actions to links and pages. The only
/// place that calls `Scheduler::step`. On the loop's thread only.
class Coordinator {
 public:
  Coordinator(asio::io_context& context, const mapreduce::SchedulerOptions& options);
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // --- Workers ---

  /// A worker is ready for work. The link stays registered until `lost`, or until the scheduler closes it.
  [[nodiscard]] mapreduce::WorkerId join(std::shared_ptr<WorkerLink> link, const mapreduce::WorkerSpec& spec);
  void leaving(mapreduce::WorkerId worker);
  void lost(mapreduce::WorkerId worker);
  void heard(mapreduce::WorkerId worker);
  /// `answer` is looked at only while `outcome` is good.
  void answered(mapreduce::WorkerId worker, mapreduce::AttemptId attempt, mapreduce::Outcome outcome,
                Answer answer = {});

  // --- Pages ---

  /// Pages that are asked about stay registered until `JobHandler::done` was called.
  [[nodiscard]] mapreduce::JobId submit(std::shared_ptr<JobHandler> page, mapreduce::JobSpec spec);
  void ready(mapreduce::JobId job, std::uint32_t strips);
  void added(mapreduce::JobId job, std::vector<std::uint64_t> strip_bytes, bool last);
  void table_ready(mapreduce::JobId job);
  void cancel(mapreduce::JobId job);

  // --- For people ---

  [[nodiscard]] const mapreduce::Scheduler& scheduler() const { return scheduler_; }
  /// The id under which a worker registered, also when it is gone (the last few thousand are remembered);
  /// "master" for `kMaster`.
  [[nodiscard]] std::string name_of(mapreduce::WorkerId worker) const;
  [[nodiscard]] std::size_t links() const { return links_.size(); }

  /// Stops the timer, so that the loop can end.
  void stop();

 private:
  struct PendingEvent {
    mapreduce::Event event;
    Answer answer;
  };
  void feed(mapreduce::Event event, Answer answer = {});
  void carry_out(const mapreduce::Send& action);
  void carry_out(const mapreduce::RunLocally& action);
  void carry_out(const mapreduce::Drop& action);
  void carry_out(const mapreduce::Accept& action);
  void carry_out(const mapreduce::Ping& action);
  void carry_out(const mapreduce::CloseWorker& action);
  void carry_out(const mapreduce::PhaseDone& action);
  void carry_out(const mapreduce::JobDone& action);
  void carry_out(const mapreduce::SetTimer& action);
  void tell_gone(mapreduce::WorkerId worker) const;
  [[nodiscard]] WorkerLink* link(mapreduce::WorkerId worker) const;
  [[nodiscard]] std::shared_ptr<JobHandler> page(mapreduce::JobId job) const;

  mapreduce::Scheduler scheduler_;
  asio::steady_timer timer_;
  /// What an action makes happen waits here until the step that asked for it is carried out: steps do not nest.
  std::deque<PendingEvent> happenings_;
  bool stepping_ = false;
  Answer* current_answer_ = nullptr;  // of the event that is being stepped
  std::uint64_t last_worker_ = 0, last_job_ = 0;
  std::unordered_map<mapreduce::WorkerId, std::shared_ptr<WorkerLink>> links_;
  std::unordered_map<mapreduce::JobId, std::shared_ptr<JobHandler>> pages_;
  std::map<mapreduce::WorkerId, std::string> names_;
};

}  // namespace ece465::cluster
