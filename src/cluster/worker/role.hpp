#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "ece465/base/logger.hpp"
#include "ece465/cluster/worker.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/wire/handshake.hpp"
#include "worker/backoff.hpp"
#include "worker/log_throttle.hpp"
#include "worker/session.hpp"

namespace ece465::cluster {

/// The worker as a whole: connection after connection to its master, until it is stopped.
class WorkerRole {
 public:
  /// All that is given by reference must outlive the role. `options.seed` must not be 0.
  WorkerRole(asio::io_context& loop, asio::thread_pool& cpu, const WorkerOptions& options, Logger& logger);
  WorkerRole(const WorkerRole&) = delete;
  WorkerRole& operator=(const WorkerRole&) = delete;

  /// Ends after `stop`, not before. Once.
  [[nodiscard]] net::Task<void> run();
  /// Leaves the master, waiting as long as the options say for what has been begun. On the loop's thread.
  void stop();

 private:
  net::Task<void> work_for(net::Stream stream);
  net::Task<void> hurry(net::Gate::Pass pass);
  void unreachable(std::string_view what, const Error& error);

  asio::thread_pool& cpu_;
  const WorkerOptions& options_;
  Logger& logger_;
  wire::WorkerHandshake handshake_;
  Backoff backoff_;
  net::Gate gate_;
  net::Event stop_event_;
  std::stop_source connecting_;  // requested: no connection is wanted any more
  std::optional<Session> session_;
  std::uint64_t failures_ = 0;  // in a row
  LogThrottle reminder_;           // of them
  bool stopping_ = false;
};

}  // namespace ece465::cluster
