#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ece465/http/message.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/net/listener.hpp"

namespace ece465::http {

/// Every limit of the server. Waits are separate so that a slow peer costs a connection, never a worker.
struct ServerLimits {
  std::size_t max_connections = 10'000;
  /// Request line and headers together, from the first byte to the empty line.
  std::size_t max_header_bytes = std::size_t{16} << 10;
  net::Duration header_timeout = std::chrono::seconds(10);
  /// Between requests on a kept connection.
  net::Duration idle_timeout = std::chrono::seconds(60);
  /// Without a byte of the body arriving, or of the answer leaving.
  net::Duration body_idle_timeout = std::chrono::seconds(30);
  /// The largest body; a handler may set less.
  std::uint64_t max_body_bytes = std::uint64_t{64} << 30;
  /// How much of an unread body is thrown away to keep a connection usable; also the largest one that is sent along
  /// with a request for which it means nothing.
  std::uint64_t max_drain_bytes = std::uint64_t{1} << 20;
  /// How much, and for how long, is thrown away behind an answer that ends a connection: closing with unread bytes
  /// would reset it, and many a client that still sends would never see why it was refused.
  std::uint64_t max_linger_bytes = std::uint64_t{64} << 20;
  net::Duration linger_timeout = std::chrono::seconds(5);
};

using Handler = std::function<net::Task<Response>(Request&)>;

/// Who reads a request's body.
enum class BodyUse {
  /// Nobody: it is read and thrown away (`max_drain_bytes` of it) before the handler is called, so that nothing is done
  /// for a request that turns out to be broken.
  none,
  /// The handler, as it comes.
  handler,
};

/// Routes as a table. `{name}` captures one segment, `{name*}` the rest of the path.
class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Handler handler, BodyUse body = BodyUse::none);

  struct Match {
    const Handler* handler = nullptr;
    BodyUse body = BodyUse::none;
    bool path_known = false;  ///< the path exists with other methods
    std::string allow;        ///< those, for 405
    std::map<std::string, std::string, std::less<>> captured;
  };
  /// `raw_path`: still percent-encoded, so that an encoded '/' does not split a segment.
  [[nodiscard]] Match find(std::string_view method, std::string_view raw_path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
    BodyUse body = BodyUse::none;
  };
  std::vector<Route> routes_;
};

/// HTTP/1.1 on one io_context thread. Handlers are coroutines; a handler that fails to answer (throws) is a 500.
/// Adds CORS (`*`), answers OPTIONS, HEAD by GET, 404 and 405.
class Server {
 public:
  Server(asio::io_context& context, asio::thread_pool& files, Router router, ServerLimits limits = {});
  ~Server();

  /// Called for every answered request: for logs and metrics.
  std::function<void(const Request&, int status, net::Duration took)> observe;
  /// Called for trouble that is nobody's request (out of descriptors).
  std::function<void(const Error&)> trouble;

  /// Starts accepting. The address really listened on (port 0 resolved) comes back.
  [[nodiscard]] Result<net::Address> listen(const net::Address& address);
  /// Stops accepting, lets requests in flight finish for `limit`, then closes what is left.
  [[nodiscard]] net::Task<void> stop(net::Duration limit);
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ece465::http
