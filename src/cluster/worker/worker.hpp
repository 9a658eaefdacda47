#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "ece465/base/logger.hpp"
#include "ece465/cluster/worker.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/wire/handshake.hpp"
#include "worker/reconnect.hpp"
#include "worker/session.hpp"

namespace ece465::cluster {

/// A worker: keeps a session with its master, reconnecting after every failure, until it is stopped.
class Worker {
 public:
  /// The references must outlive the worker. `options.seed` must not be 0.
  Worker(asio::io_context& loop, asio::thread_pool& cpu, const WorkerOptions& options, Logger& logger);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Returns after `stop`. Call it once.
  [[nodiscard]] net::Task<void> run();
  /// Leaves the master in good order; what is not done by `options.stop_limit` is given up. On the loop's thread.
  void stop();

 private:
  net::Task<void> run_session(net::Stream stream);
  net::Task<void> close_after_limit(net::Gate::Pass pass);
  void log_unreachable(std::string_view what, const Error& error);

  asio::thread_pool& cpu_;
  const WorkerOptions& options_;
  Logger& logger_;
  wire::WorkerHandshake handshake_;
  Backoff backoff_;
  net::Gate gate_;
  net::Condition stop_event_;
  std::stop_source connecting_;  // cancels a connect
  std::optional<Session> session_;
  std::uint64_t failures_ = 0;  // in a row
  LogThrottle failure_log_;
  bool stopping_ = false;
};

}  // namespace ece465::cluster
