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
#include "observability/rate_limiter.hpp"
#include "observability/recent_log.hpp"

namespace ece465::cluster {

/// Where workers connect: accepts them, knows them by id, and tells people who comes and goes. On the loop.
class WorkerHub final : public SessionHost {
 public:
  struct Dependencies {
    Coordinator& coordinator;
    RecentLog& logs;
    EventStream& events;
    Metrics& metrics;
    Logger& logger;
  };
  WorkerHub(asio::io_context& context, const Dependencies& surroundings, const SessionOptions& options);

  /// Starts accepting. The address really listened on comes back.
  [[nodiscard]] Result<net::Address> listen(const net::Address& address);
  /// Accepts nobody any more, says BYE to all, waits for what they hold at most `limit`, then hangs up.
  [[nodiscard]] net::Task<void> stop(net::Duration limit);

  [[nodiscard]] std::vector<WorkerStatus> workers() const;
  [[nodiscard]] std::size_t size() const { return registered_.size(); }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
  /// Tells those who watch how the workers are, and of lines that nobody gets to see; to be called now and then.
  void publish();

  void registered(const std::shared_ptr<WorkerSession>& session) override;
  void gone(const std::shared_ptr<WorkerSession>& session, std::string_view why) override;
  void said(const std::string& worker, const std::string& text) override;
  void moved(std::uint64_t sent, std::uint64_t received) override;

 private:
  [[nodiscard]] net::Task<void> serve(net::Stream stream);
  static net::Task<void> accept(WorkerHub* hub);

  asio::io_context& context_;
  Dependencies deps_;
  SessionOptions options_;
  wire::DialectCache dialects_;
  net::Gate gate_;
  std::optional<net::Listener> listener_;
  std::set<std::shared_ptr<WorkerSession>> sessions_;  // also those that are not registered yet
  std::map<std::string, std::shared_ptr<WorkerSession>, std::less<>> registered_;
  RateLimiter quota_;
  std::uint64_t bytes_sent_ = 0, bytes_received_ = 0;
};

}  // namespace ece465::cluster
