#pragma once

#include <functional>
#include <string>

#include "ece465/net/address.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/net/stream.hpp"

namespace ece465::net {

/// A listening TCP socket whose accept loop survives what accepting can meet.
class Listener {
 public:
  /// Binds (`port` 0: any free one) and listens. Fails with `unavailable`, naming address and reason: "in use".
  [[nodiscard]] static Result<Listener> open(asio::io_context& context, const Address& address);

  /// Where it really listens.
  [[nodiscard]] Address address() const { return address_; }

  /// Accepts until `stop`, starting `session` for each connection; a session counts in `gate` while it runs. At
  /// `max_sessions` further peers wait in the kernel's queue. Out of descriptors: waits a little and goes on,
  /// telling `trouble` once per spell.
  [[nodiscard]] Task<void> accept(std::function<Task<void>(Stream)> session, Gate& gate, std::size_t max_sessions,
                                  std::function<void(const Error&)> trouble);
  /// Takes no further connection; the loop ends. Sessions go on.
  void stop();

 private:
  Listener(asio::ip::tcp::acceptor acceptor, Address address)
      : acceptor_(std::move(acceptor)), address_(std::move(address)), room_(acceptor_.get_executor()) {}

  asio::ip::tcp::acceptor acceptor_;
  Address address_;
  Event room_;  // a session has ended
};

}  // namespace ece465::net
