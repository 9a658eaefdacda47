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

/// The limits of the server. With separate timeouts, a slow peer occupies a connection, but never blocks the server.
struct ServerLimits {
  std::size_t max_connections = 10'000;
  /// Request line and headers together, up to the empty line.
  std::size_t max_header_bytes = std::size_t{16} << 10;
  net::Duration header_timeout = std::chrono::seconds(10);
  /// Between the requests of a connection.
  net::Duration idle_timeout = std::chrono::seconds(60);
  /// While no data of the body is received, or of the response sent.
  net::Duration body_idle_timeout = std::chrono::seconds(30);
  /// The largest body; handlers may have lower limits.
  std::uint64_t max_body_bytes = std::uint64_t{64} << 30;
  /// How much of an unread body is discarded to keep the connection usable; also the largest body of a request that
  /// does not need one.
  std::uint64_t max_drain_bytes = std::uint64_t{1} << 20;
  /// How much, and for how long, is discarded after a response that ends a connection: closing with unread data resets
  /// the connection, and a client that is still sending would not see the response.
  std::uint64_t max_linger_bytes = std::uint64_t{64} << 20;
  net::Duration linger_timeout = std::chrono::seconds(5);
};

using Handler = std::function<net::Task<Response>(Request&)>;

/// Who reads a request's body.
enum class BodyUse {
  /// It is discarded (up to `max_drain_bytes`) before the handler is called, so that a broken request has no effect.
  none,
  /// The handler, while it arrives.
  handler,
};

/// A table of routes. `{name}` captures one segment, `{name*}` the rest of the path.
class Router {
 public:
  void add(std::string_view method, std::string_view pattern, Handler handler, BodyUse body = BodyUse::none);

  struct Match {
    const Handler* handler = nullptr;
    BodyUse body = BodyUse::none;
    bool path_known = false;  ///< the path matches, perhaps with another method
    std::string allow;        ///< the methods of the path if there is no handler, for 405
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

/// An HTTP/1.1 server on one io_context thread. Handlers are coroutines; an exception in one becomes a 500. The server
/// itself adds CORS headers (`*`) and answers OPTIONS, HEAD (with the handler of GET), 404 and 405.
class Server {
 public:
  Server(asio::io_context& context, asio::thread_pool& files, Router router, ServerLimits limits = {});
  ~Server();

  /// Called after every response, for logs and metrics.
  std::function<void(const Request&, int status, net::Duration took)> on_response;
  /// Called for failures of the server itself: a handler's exception, no more descriptors.
  std::function<void(const Error&)> on_error;

  /// Starts accepting. Returns the bound address, with the port that was chosen for 0.
  [[nodiscard]] Result<net::Address> listen(const net::Address& address);
  /// Stops accepting, waits at most `limit` for requests in flight, then closes all connections.
  [[nodiscard]] net::Task<void> stop(net::Duration limit);
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ece465::http
