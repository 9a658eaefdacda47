#pragma once

#include <functional>
#include <string>

#include "ece465/net/address.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/net/stream.hpp"

namespace ece465::net {

/// A listening TCP socket, with an accept loop that survives errors.
class Listener {
 public:
  /// Binds (`port` 0: any free port) and listens. Fails with `unavailable`, naming address and reason.
  [[nodiscard]] static Result<Listener> open(asio::io_context& context, const Address& address);

  /// The bound address, with the port that was chosen for 0.
  [[nodiscard]] Address address() const { return address_; }

  /// Accepts connections until `stop`, running `session` for each; a session holds a pass of `gate` while it runs. At
  /// `max_sessions` further peers wait in the kernel's queue. When descriptors run out, retries after a pause, and
  /// calls `on_error` once until accepting works again.
  [[nodiscard]] Task<void> accept(std::function<Task<void>(Stream)> session, Gate& gate, std::size_t max_sessions,
                                  std::function<void(const Error&)> on_error);
  /// Ends the accept loop. Sessions continue.
  void stop();

 private:
  Listener(asio::ip::tcp::acceptor acceptor, Address address)
      : acceptor_(std::move(acceptor)), address_(std::move(address)), session_ended_(acceptor_.get_executor()) {}

  asio::ip::tcp::acceptor acceptor_;
  Address address_;
  Condition session_ended_;
};

}  // namespace ece465::net
