#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/coordinator.hpp"
#include "ece465/base/logger.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/net/stream.hpp"
#include "ece465/wire/handshake.hpp"
#include "model/worker_status.hpp"

namespace ece465::cluster {

/// How a master talks to its workers, and how long it waits.
struct SessionOptions {
  WireLimits limits;
  wire::HandshakeTimeouts handshake;
  wire::Terms terms;
  /// A worker that takes nothing for so long, or sends nothing in the middle of a body, is lost.
  net::Duration stuck = std::chrono::seconds(20);
};

/// What a session needs of the master around it.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// A worker is ready: sessions under the same id are replaced.
  virtual void registered(const std::shared_ptr<class WorkerSession>& session) = 0;
  /// A worker that was registered is gone. `why`: for people.
  virtual void gone(const std::shared_ptr<class WorkerSession>& session, std::string_view why) = 0;
  /// A worker's LOG line.
  virtual void said(const std::string& worker, const std::string& text) = 0;
  virtual void moved(std::uint64_t sent, std::uint64_t received) = 0;
};

/// One connection of a worker: finds out what it speaks, carries strips out and answers back, in any of the three
/// dialects (src/wire/PROTOCOL.md). Reads and writes at the same time, so neither side can block the other.
class WorkerSession final : public WorkerLink, public std::enable_shared_from_this<WorkerSession> {
 public:
  WorkerSession(net::Stream stream, SessionHost& host, Coordinator& coordinator, wire::DialectCache& dialects,
                Logger& logger, const SessionOptions& options);

  /// From the first byte to the last; a session lives as long as this runs.
  [[nodiscard]] net::Task<void> run();
  /// Says BYE where that is understood, and closes when the worker has answered what it holds.
  void say_bye();
  /// Ends the connection at once.
  void hang_up(std::string_view why);

  [[nodiscard]] WorkerStatus status() const;
  [[nodiscard]] wire::Dialect dialect() const { return handshake_.dialect(); }
  /// It said BYE and has answered everything.
  [[nodiscard]] bool left_well() const { return closing_; }

  void send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& page) override;
  void drop(mapreduce::AttemptId attempt) override;
  void ping() override;
  void close(mapreduce::CloseReason reason) override;
  [[nodiscard]] const std::string& id() const override { return handshake_.registration().worker; }

 private:
  /// A request that has not been answered.
  struct Request {
    std::shared_ptr<JobHandler> page;
    std::uint32_t strip = 0;
    mapreduce::Phase phase = mapreduce::Phase::map;
    std::shared_ptr<const void> loaded;
    bool begun = false;  // something of it has gone out

    Request() = default;
  };
  /// Bytes on their way out.
  struct Frame {
    std::string header;
    std::vector<Bytes> pieces;
    std::shared_ptr<Lease> lent;  // the pieces
    std::optional<mapreduce::AttemptId> attempt;
    std::shared_ptr<JobHandler> page;
    mapreduce::Phase phase = mapreduce::Phase::map;

    Frame() = default;
  };

  /// Before an attempt's number, in what requests are called in the course dialect.
  static constexpr std::string_view kAttemptPrefix = "job_";

  // Beginning and end
  [[nodiscard]] net::Task<Result<void>> shake_hands();
  [[nodiscard]] net::Task<Result<wire::Step>> hear(net::Duration limit);
  [[nodiscard]] mapreduce::WorkerSpec spec() const;

  // Out
  static net::Task<void> prepare(std::shared_ptr<WorkerSession> self, mapreduce::Send order,
                                 std::shared_ptr<JobHandler> page);
  void send_request(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& page, JobHandler::Pixels pixels);
  void send_count(Frame& frame, const mapreduce::Send& order, std::uint64_t size);
  void send_map(Frame& frame, const mapreduce::Send& order, text::Kind kind, std::uint64_t size);
  void send_apply(Frame& frame, const mapreduce::Send& order, std::uint64_t size);
  void send_line(const wire::Message& message);
  void push(Frame frame);
  static net::Task<void> write_all(std::shared_ptr<WorkerSession> self);

  // In: worker_session_answers.cpp
  [[nodiscard]] net::Task<Result<void>> read_all();
  [[nodiscard]] net::Task<Result<void>> take(wire::Header header);
  [[nodiscard]] net::Task<Result<void>> take_counts(wire::HistResult message);
  [[nodiscard]] net::Task<Result<void>> take_samples(wire::CdfResult message);
  [[nodiscard]] net::Task<Result<void>> take_result(wire::MapResult message);
  [[nodiscard]] net::Task<Result<void>> skip(std::uint64_t bytes);
  static net::Task<void> judge(std::shared_ptr<WorkerSession> self, mapreduce::AttemptId attempt, Request request,
                               Buffer samples);
  static net::Task<void> judge_result(std::shared_ptr<WorkerSession> self, mapreduce::AttemptId attempt,
                                      Request request, std::string result);
  void take_error(const wire::ErrorReport& report);
  [[nodiscard]] std::optional<mapreduce::AttemptId> attempt_of(const wire::RequestId& id) const;
  /// The request that an answer belongs to, which then is open no longer.
  [[nodiscard]] std::optional<std::pair<mapreduce::AttemptId, Request>> close_request(const wire::RequestId& id);
  [[nodiscard]] Check scrutiny() const;
  void lied(mapreduce::AttemptId attempt, std::string_view how);
  /// Tells what came of looking at an answer: it is good, a lie (`corrupt`), or nobody needs it any more.
  void judged(mapreduce::AttemptId attempt, const Result<void>& fine, Answer answer);
  /// Whether a message's body came as it was sent. One that did not is told of as a lie.
  template <class Message>
  [[nodiscard]] Result<void> check_arrived(const Message& message, mapreduce::AttemptId attempt, Bytes body);

  net::Stream stream_;
  net::LineReader reader_;
  SessionHost& host_;
  Coordinator& coordinator_;
  Logger& logger_;
  SessionOptions options_;
  wire::MasterHandshake handshake_;
  mapreduce::WorkerId worker_;
  bool joined_ = false, ended_ = false, closing_ = false;
  bool only_looked_ = false;  // the peer has closed without a word
  std::string why_;           // it ended, when this side ended it
  std::map<mapreduce::AttemptId, Request> requests_;
  std::deque<Frame> queue_;
  bool writing_ = false;
  net::Event wake_;  // something is in the queue, or it is over
  /// Tables that the worker holds: the last 16 that were sent.
  std::deque<wire::TableId> tables_;
  WallTime connected_, last_heard_;
  std::uint64_t pings_ = 0;
  std::uint64_t read_told_ = 0;     // bytes of the stream that `moved` knows of
  std::uint64_t header_bytes_ = 0;  // of the message that is being taken
};

}  // namespace ece465::cluster
