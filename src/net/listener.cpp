#include "ece465/net/listener.hpp"

namespace ece465::net {
namespace {

/// Runs a session that holds a pass. A named coroutine with parameters by value: GCC 12 miscompiles lambda coroutines.
Task<void> run_session(std::function<Task<void>(Stream)> session, Stream stream, Gate::Pass pass, Condition* ended) {
  co_await session(std::move(stream));
  pass = Gate::Pass(std::move(pass));
  ended->notify();
}

bool out_of_resources(const asio::error_code& code) {
  return code == asio::error::no_descriptors || code == asio::error::no_buffer_space ||
         code == asio::error::no_memory || code == std::errc::too_many_files_open_in_system;
}

}  // namespace

Result<Listener> Listener::open(asio::io_context& context, const Address& address) {
  const std::string action = "listen on " + address.to_string();
  asio::error_code code;
  asio::ip::tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), asio::ip::tcp::resolver::passive, code);
  if (code) return net_error(action, code);
  const asio::ip::tcp::endpoint endpoint = found.begin()->endpoint();
  asio::ip::tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) return net_error(action, code);
  Address bound{address.host, acceptor.local_endpoint(code).port()};
  return Listener(std::move(acceptor), std::move(bound));
}

Task<void> Listener::accept(std::function<Task<void>(Stream)> session, Gate& gate, std::size_t max_sessions,
                            std::function<void(const Error&)> on_error) {
  const auto executor = acceptor_.get_executor();
  bool reported = false;
  while (gate.open() && acceptor_.is_open()) {
    while (gate.inside() >= max_sessions && acceptor_.is_open()) co_await session_ended_.wait();
    auto [code, socket] = co_await acceptor_.async_accept(kNoThrow);
    if (!code) {
      reported = false;
      spawn(executor, run_session(session, Stream(std::move(socket)), gate.enter(), &session_ended_));
      continue;
    }
    if (!acceptor_.is_open()) break;
    if (out_of_resources(code)) {
      if (!std::exchange(reported, true)) on_error(net_error("accept a connection", code).error());
      co_await sleep_for(std::chrono::milliseconds(100));
    }
    // Other errors, such as a peer that hung up in the queue, concern that peer alone.
  }
}

void Listener::stop() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  session_ended_.notify();
}

}  // namespace ece465::net
