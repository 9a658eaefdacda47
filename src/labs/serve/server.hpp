#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "ece465/net/listener.hpp"
#include "table_service.hpp"

namespace ece465::labs {

/// A listening server; serves on the thread that calls `run`.
class Server {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ServeOptions& options, const ServeHooks& hooks);

  [[nodiscard]] net::Address address() const { return listener_->address(); }
  /// Returns after `stop`, which any thread may call.
  void run();
  void stop();
  /// Call after `run` has returned.
  [[nodiscard]] ServeReport report() const;

 private:
  Server(ServeOptions options, ServeHooks hooks);
  net::Task<void> session(net::Stream stream);
  net::Task<void> shut_down();

  ServeOptions options_;
  ServeHooks hooks_;
  asio::io_context context_{1};
  ServeState state_;
  TableService table_;
  net::Gate gate_;
  std::optional<net::Listener> listener_;
};

}  // namespace ece465::labs
