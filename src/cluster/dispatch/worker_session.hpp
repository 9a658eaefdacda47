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

/// Protocol limits, terms and timeouts of workers' sessions.
struct SessionOptions {
  WireLimits limits;
  wire::HandshakeTimeouts handshake;
  wire::Terms terms;
  /// A worker that accepts no data for this long, or pauses this long within a body, is disconnected.
  net::Duration stall_timeout = std::chrono::seconds(20);
};

/// Receives a session's events. Implemented by WorkerHub.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// A worker has registered. Replaces an earlier session with the same id.
  virtual void on_registered(const std::shared_ptr<class WorkerSession>& session) = 0;
  /// A registered worker has disconnected. `why` is for logs.
  virtual void on_disconnected(const std::shared_ptr<class WorkerSession>& session, std::string_view why) = 0;
  /// A worker's LOG line.
  virtual void on_log(const std::string& worker, const std::string& text) = 0;
  virtual void on_transfer(std::uint64_t sent, std::uint64_t received) = 0;
};

/// A worker's connection: detects its dialect, sends requests and receives answers, in any of the three dialects
/// (src/wire/PROTOCOL.md). Reads and writes concurrently, so neither side can block the other.
class WorkerSession final : public WorkerLink, public std::enable_shared_from_this<WorkerSession> {
 public:
  WorkerSession(net::Stream stream, SessionHost& host, Coordinator& coordinator, wire::DialectCache& dialects,
                Logger& logger, const SessionOptions& options);

  /// Runs the session from handshake to end.
  [[nodiscard]] net::Task<void> run();
  /// Says BYE if the dialect supports it. The worker then answers its open requests and disconnects.
  void say_bye();
  /// Closes the connection immediately.
  void hang_up(std::string_view why);

  [[nodiscard]] WorkerStatus status() const;
  [[nodiscard]] wire::Dialect dialect() const { return handshake_.dialect(); }
  /// It said BYE and has answered everything.
  [[nodiscard]] bool left_cleanly() const { return closing_; }

  void send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& handler) override;
  void drop(mapreduce::AttemptId attempt) override;
  void ping() override;
  void close(mapreduce::CloseReason reason) override;
  [[nodiscard]] const std::string& id() const override { return handshake_.registration().worker; }

 private:
  /// A request that has not been answered.
  struct Request {
    std::shared_ptr<JobHandler> handler;
    std::uint32_t strip = 0;
    mapreduce::Phase phase = mapreduce::Phase::map;
    std::shared_ptr<const void> loaded;
    bool started = false;  // writing has begun

    Request() = default;
  };
  /// A message in the send queue.
  struct Frame {
    std::string header;
    std::vector<Bytes> parts;
    std::shared_ptr<Lease> lease;  // on the parts
    std::optional<mapreduce::AttemptId> attempt;
    std::shared_ptr<JobHandler> handler;
    mapreduce::Phase phase = mapreduce::Phase::map;

    Frame() = default;
  };

  /// In the course dialect a request is called "job_" and the attempt's number.
  static constexpr std::string_view kAttemptPrefix = "job_";

  // Handshake and end
  [[nodiscard]] net::Task<Result<void>> handshake();
  [[nodiscard]] net::Task<Result<wire::Step>> read_handshake(net::Duration limit);
  /// Parses a header line. Reads a second line if the header consists of two.
  [[nodiscard]] net::Task<Result<wire::Header>> parse(std::string_view line);
  [[nodiscard]] mapreduce::WorkerSpec spec() const;

  // Out
  static net::Task<void> load_and_send(std::shared_ptr<WorkerSession> self, mapreduce::Send order,
                                       std::shared_ptr<JobHandler> handler);
  void send_request(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& handler,
                    JobHandler::Payload payload);
  void send_count(Frame& frame, const mapreduce::Send& order, std::uint64_t size);
  void send_map(Frame& frame, const mapreduce::Send& order, text::Kind kind, std::uint64_t size);
  void send_apply(Frame& frame, const mapreduce::Send& order, std::uint64_t size);
  void send_line(const wire::Message& message);
  void push(Frame frame);
  static net::Task<void> write_all(std::shared_ptr<WorkerSession> self);

  // In: worker_session_answers.cpp
  [[nodiscard]] net::Task<Result<void>> read_all();
  [[nodiscard]] net::Task<Result<void>> handle(wire::Header header);
  [[nodiscard]] net::Task<Result<void>> handle_counts(wire::HistResult message);
  [[nodiscard]] net::Task<Result<void>> handle_samples(wire::CdfResult message);
  [[nodiscard]] net::Task<Result<void>> handle_result(wire::MapResult message);
  [[nodiscard]] net::Task<Result<void>> skip(std::uint64_t bytes);
  static net::Task<void> check_samples(std::shared_ptr<WorkerSession> self, mapreduce::AttemptId attempt,
                                       Request request, Buffer samples);
  static net::Task<void> check_result(std::shared_ptr<WorkerSession> self, mapreduce::AttemptId attempt,
                                      Request request, std::string result);
  void handle_error(const wire::ErrorReport& report);
  [[nodiscard]] std::optional<mapreduce::AttemptId> attempt_of(const wire::RequestId& id) const;
  /// Removes and returns the open request that an answer belongs to.
  [[nodiscard]] std::optional<std::pair<mapreduce::AttemptId, Request>> take_request(const wire::RequestId& id);
  [[nodiscard]] Check check_level() const;
  void report_invalid(mapreduce::AttemptId attempt, std::string_view reason);
  /// Reports an invalid result, and returns the error that ends the session.
  [[nodiscard]] std::unexpected<Error> reject(mapreduce::AttemptId attempt, const std::string& reason);
  /// Reports an answer to the coordinator: good, invalid (`corrupt`), or no longer needed (any other error).
  void report_checked(mapreduce::AttemptId attempt, const Result<void>& checked, Answer answer);
  /// Verifies a body's checksum, and reports an invalid result if it is wrong.
  template <class Message>
  [[nodiscard]] Result<void> check_body(const Message& message, mapreduce::AttemptId attempt, Bytes body);

  net::Stream stream_;
  net::LineReader reader_;
  SessionHost& host_;
  Coordinator& coordinator_;
  Logger& logger_;
  SessionOptions options_;
  wire::MasterHandshake handshake_;
  mapreduce::WorkerId worker_;
  bool joined_ = false, ended_ = false, closing_ = false;
  bool probe_ = false;      // the peer disconnected without sending anything
  std::string end_reason_;  // if this side ended the session
  std::map<mapreduce::AttemptId, Request> requests_;
  std::deque<Frame> queue_;
  bool writing_ = false;
  net::Condition wake_;  // the queue is not empty, or the session has ended
  /// Tables that the worker holds, oldest first.
  std::deque<wire::TableId> tables_;
  WallTime connected_, last_heard_;
  std::uint64_t pings_ = 0;
  std::uint64_t reported_bytes_ = 0;  // received bytes passed to `on_transfer`
  std::uint64_t header_bytes_ = 0;    // of the current message
};

}  // namespace ece465::cluster
