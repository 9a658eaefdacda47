#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dispatch/worker_session.hpp"
#include "ece465/net/listener.hpp"
#include "observability/event_stream.hpp"
#include "observability/metrics.hpp"
#include "observability/recent_log.hpp"

namespace ece465::cluster {

/// Accepts workers' connections, tracks them by id, and publishes when they join and leave. On the loop.
class WorkerHub final : public SessionHost {
 public:
  struct Dependencies {
    Coordinator& coordinator;
    RecentLog& logs;
    EventStream& events;
    Metrics& metrics;
    Logger& logger;
  };
  WorkerHub(asio::io_context& context, const Dependencies& dependencies, const SessionOptions& options);

  /// Starts accepting. Returns the actual listen address.
  [[nodiscard]] Result<net::Address> listen(const net::Address& address);
  /// Stops accepting, says BYE to all, waits up to `limit` for their answers, then disconnects them.
  [[nodiscard]] net::Task<void> stop(net::Duration limit);

  [[nodiscard]] std::vector<WorkerStatus> workers() const;
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
  /// Publishes worker state and the number of suppressed log lines. To be called periodically.
  void publish();

  void on_registered(const std::shared_ptr<WorkerSession>& session) override;
  void on_disconnected(const std::shared_ptr<WorkerSession>& session, std::string_view why) override;
  void on_log(const std::string& worker, const std::string& text) override;
  void on_transfer(std::uint64_t sent, std::uint64_t received) override;

 private:
  [[nodiscard]] net::Task<void> serve(net::Stream stream);
  static net::Task<void> accept(WorkerHub* hub);

  asio::io_context& context_;
  Dependencies deps_;
  SessionOptions options_;
  wire::DialectCache dialects_;
  net::Gate gate_;
  std::optional<net::Listener> listener_;
  std::set<std::shared_ptr<WorkerSession>> sessions_;  // including those that are not registered yet
  std::map<std::string, std::shared_ptr<WorkerSession>, std::less<>> registered_;
  RateLimiter log_limiter_;
  std::uint64_t bytes_sent_ = 0, bytes_received_ = 0;
};

}  // namespace ece465::cluster
