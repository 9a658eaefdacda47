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
struct Ending {
  /// The master answered REGISTER.
  bool registered = false;
  /// The master said that it leaves.
  bool master_left = false;
  /// Time and requests between registration and the end.
  net::Duration lived{};
  std::uint64_t answered = 0;
  /// Why it ended; `cancelled`: this side wanted it.
  Error why;
};

/// One connection to a master, from REGISTER to its end, in whichever dialect comes out of that.
///
/// One coroutine reads, one writes, one keeps the heart beating, so that neither side ever waits for the other one to
/// listen; the pool does the work. `run` returns when all of them are done.
class Session {
 public:
  /// All that is given by reference must outlive the session. `handshake` goes on from connection to connection.
  Session(net::Stream stream, wire::WorkerHandshake& handshake, asio::thread_pool& cpu, const WorkerOptions& options,
          Logger& logger);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Works until the connection has ended. Once.
  [[nodiscard]] net::Task<Ending> run();

  /// Ends it in good order: what was begun is answered, what comes later is refused. On the loop's thread.
  void leave();
  /// Ends it at once.
  void close();

 private:
  struct Refusal {
    wire::ErrorCode code;
    std::string text;
    Refusal(wire::ErrorCode what, std::string why) : code(what), text(std::move(why)) {}
  };

  net::Task<Result<std::optional<wire::Header>>> register_worker();
  net::Task<Result<void>> serve(std::optional<wire::Header> first);
  net::Task<Result<wire::Header>> next_header(net::Duration idle, net::Duration limit);
  net::Task<void> complain(const Error& error);
  net::Task<void> read_to_the_end();

  net::Task<Result<void>> handle(wire::Header& header);
  net::Task<Result<void>> take_request(wire::Header& header);
  net::Task<Result<void>> take_table(const wire::Table& table);
  net::Task<Result<void>> refuse(std::uint64_t body_bytes, std::optional<wire::TaskId> task, Refusal refusal);
  net::Task<Result<void>> skip(std::uint64_t bytes);
  net::Task<void> room_for_answers();

  net::Task<void> write_answers(net::Gate::Pass pass);
  net::Task<void> keep_heart_beating(net::Gate::Pass pass);
  net::Task<void> linger(net::Gate::Pass pass);

  [[nodiscard]] std::optional<Refusal> refusal_of(const wire::Message& request) const;
  void admit(const std::shared_ptr<Work>& work, std::uint64_t body_bytes);
  [[nodiscard]] std::optional<Refusal> find_what_it_names(Work& work);
  void start(const std::shared_ptr<Work>& work);
  void compute(const std::shared_ptr<Work>& work);
  void finished(const std::shared_ptr<Work>& work);
  void keep_or_give_back(Work& work);
  void give_to_claim(wire::TaskId chunk);
  void answer(const std::shared_ptr<Work>& work);
  void written(const std::shared_ptr<Work>& work);
  void drop(wire::TaskId task);
  void forget(wire::TaskId chunk);
  void give_up_kept();
  void on_bye();
  void say_bye();
  void finish_if_done();
  void tell(std::string text);

  [[nodiscard]] bool v2() const { return handshake_.dialect() == wire::Dialect::v2; }
  [[nodiscard]] bool checksums() const { return v2() && handshake_.terms().checksum; }

  net::Stream stream_;
  net::LineReader reader_;
  wire::WorkerHandshake& handshake_;
  asio::thread_pool& cpu_;
  const WorkerOptions& options_;
  Logger& logger_;
  Buffers buffers_;
  StripCache holdings_;
  std::optional<SendQueue> outbox_;  // once registered
  net::Gate gate_;                // what runs besides `run`
  net::Event changed_;            // something was written, or all has ended
  net::Event ended_;

  // How long the peer may send nothing between messages; and, within one, send or take nothing.
  net::Duration idle_limit_{}, limit_{};
  std::unordered_map<wire::TaskId, std::shared_ptr<Work>> tasks_;  // of ECE465/2, not answered yet
  std::uint64_t credit_used_ = 0;
  std::size_t unanswered_ = 0;
  std::uint64_t answered_ = 0, pings_ = 0;
  std::optional<Error> write_error_;
  bool leaving_ = false;  // as soon as all is answered, this side ends the connection
  bool bye_sent_ = false, bye_came_ = false;
  bool finishing_ = false;  // all is said
  bool closed_ = false;
};

}  // namespace ece465::cluster
