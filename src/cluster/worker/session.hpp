#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "ece465/base/logger.hpp"
#include "ece465/cluster/worker.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/net/stream.hpp"
#include "ece465/wire/handshake.hpp"
#include "worker/buffer_pool.hpp"
#include "worker/send_queue.hpp"
#include "worker/strip_cache.hpp"
#include "worker/work_item.hpp"

namespace ece465::cluster {

/// How a connection went.
struct SessionResult {
  /// The master answered REGISTER.
  bool registered = false;
  /// The master said BYE first.
  bool master_left = false;
  /// Time and requests from registration to the end.
  net::Duration lived{};
  std::uint64_t answered = 0;
  /// Why it ended; `cancelled`: this side ended it.
  Error why;
};

/// One connection to a master, from REGISTER to its end, in the dialect that the handshake settles on.
///
/// One coroutine reads, one writes and one sends heartbeats, so that neither side ever waits for the other one to read;
/// the pool computes. `run` returns when all of them have ended.
class Session {
 public:
  /// The references must outlive the session. `handshake` is carried from connection to connection.
  Session(net::Stream stream, wire::WorkerHandshake& handshake, asio::thread_pool& cpu, const WorkerOptions& options,
          Logger& logger);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs until the connection has ended. Call it once.
  [[nodiscard]] net::Task<SessionResult> run();

  /// Ends it in good order: requests that have been read are answered, later ones refused. On the loop's thread.
  void leave();
  /// Ends it at once.
  void close();

 private:
  struct Refusal {
    wire::ErrorCode code;
    std::string text;
    Refusal(wire::ErrorCode what, std::string why) : code(what), text(std::move(why)) {}
  };

  // Reading
  net::Task<Result<std::optional<wire::Header>>> register_worker();
  net::Task<Result<void>> serve(std::optional<wire::Header> first);
  net::Task<Result<wire::Header>> next_header(net::Duration idle, net::Duration limit);
  net::Task<void> report_protocol_error(const Error& error);
  net::Task<void> read_to_the_end();
  net::Task<Result<void>> handle(wire::Header& header);
  net::Task<Result<void>> take_request(wire::Header& header);
  net::Task<Result<void>> take_table(const wire::Table& table);
  net::Task<Result<void>> refuse(std::uint64_t body_bytes, std::optional<wire::TaskId> task, Refusal refusal);
  net::Task<Result<void>> skip(std::uint64_t bytes);
  net::Task<void> wait_for_send_capacity();

  // Writing
  net::Task<void> write_answers(net::Gate::Pass pass);
  net::Task<void> send_heartbeats(net::Gate::Pass pass);
  void written(const std::shared_ptr<WorkItem>& item);
  void send_log(std::string text);

  // Requests: session_requests.cpp
  [[nodiscard]] std::optional<Refusal> check_request(const wire::Message& request) const;
  void admit(const std::shared_ptr<WorkItem>& item, std::uint64_t body_bytes);
  [[nodiscard]] std::optional<Refusal> resolve_references(WorkItem& item);
  void start(const std::shared_ptr<WorkItem>& item);
  void compute(const std::shared_ptr<WorkItem>& item);
  void finished(const std::shared_ptr<WorkItem>& item);
  void keep_or_give_back(WorkItem& item);
  void start_waiting_map(wire::TaskId chunk);
  void answer(const std::shared_ptr<WorkItem>& item);
  void drop(wire::TaskId task);
  void forget(wire::TaskId chunk);

  // Leaving
  void forget_unclaimed();
  void on_bye();
  void say_bye();
  void finish_if_done();
  net::Task<void> linger(net::Gate::Pass pass);

  [[nodiscard]] bool v2() const { return handshake_.dialect() == wire::Dialect::v2; }
  [[nodiscard]] bool checksums() const { return v2() && handshake_.terms().checksum; }

  net::Stream stream_;
  net::LineReader reader_;
  wire::WorkerHandshake& handshake_;
  asio::thread_pool& cpu_;
  const WorkerOptions& options_;
  Logger& logger_;
  BufferPool buffers_;
  StripCache cache_;
  std::optional<SendQueue> send_queue_;  // once registered
  net::Gate gate_;                       // everything that runs beside `run`
  net::Condition changed_;               // something was written, or the session ended
  net::Condition ended_;

  // How long the peer may send nothing between messages, and how long it may neither send nor take within one.
  net::Duration idle_limit_{}, limit_{};
  std::unordered_map<wire::TaskId, std::shared_ptr<WorkItem>> tasks_;  // of ECE465/2, not answered yet
  std::uint64_t credit_used_ = 0;
  std::size_t unanswered_ = 0;
  std::uint64_t answered_ = 0, pings_ = 0;
  std::optional<Error> write_error_;
  bool leaving_ = false;  // this side ends the connection as soon as everything is answered
  bool bye_sent_ = false, bye_received_ = false;
  bool finishing_ = false;  // nothing more will be sent
  bool closed_ = false;
};

}  // namespace ece465::cluster
