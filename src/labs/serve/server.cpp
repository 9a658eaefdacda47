#include "server.hpp"

#include <algorithm>

#include "resources.hpp"

namespace ece465::labs {

Server::Server(ServeOptions options, ServeHooks hooks)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      state_{.options = options_, .hooks = hooks_, .streams = {}, .report = {}, .stopping = false},
      table_(state_, [this] { stop(); }),
      gate_(context_.get_executor()) {}

Result<std::unique_ptr<Server>> Server::open(const ServeOptions& options, const ServeHooks& hooks) {
  // Failure is fine: with fewer files, further connections wait in the accept queue.
  constexpr std::uint64_t kOthers = 64;
  (void)raise_open_file_limit(options.limits.max_connections + kOthers);
  std::unique_ptr<Server> server(new Server(options, hooks));
  ECE465_ASSIGN(auto listener, net::Listener::open(server->context_, options.address));
  server->listener_.emplace(std::move(listener));
  return server;
}

net::Task<void> Server::session(net::Stream stream) {
  ++state_.report.connections;
  state_.report.peak_connections = std::max(state_.report.peak_connections, gate_.inside());
  switch (options_.protocol) {
    case Protocol::ack: co_await ack_session(state_, std::move(stream)); break;
    case Protocol::echo: co_await echo_session(state_, std::move(stream)); break;
    case Protocol::table: co_await table_.session(std::move(stream)); break;
  }
}

void Server::run() {
  const auto on_error = [this](const Error& error) {
    if (hooks_.on_warning) hooks_.on_warning(error.text());
  };
  net::spawn(context_, listener_->accept([this](net::Stream stream) { return session(std::move(stream)); }, gate_,
                                         options_.limits.max_connections, on_error));
  context_.run();
}

net::Task<void> Server::shut_down() {
  if (std::exchange(state_.stopping, true)) co_return;
  listener_->stop();
  gate_.close();
  // Sessions that are writing an answer finish it; those that wait for input end.
  state_.streams.close_all();
  const bool drained = co_await gate_.drained(options_.limits.stop);
  if (!drained) context_.stop();
}

void Server::stop() { net::spawn(context_, shut_down()); }

ServeReport Server::report() const {
  ServeReport report = state_.report;
  DineReport table;
  table_.watch().report(table);
  report.violation = table.violation;
  return report;
}

Result<ServeReport> serve(const ServeOptions& options, const ServeHooks& hooks, std::stop_token stop) {
  ECE465_ASSIGN(const auto server, Server::open(options, hooks));
  if (hooks.on_listening) hooks.on_listening(server->address());
  const std::stop_callback when_stopped(stop, [&server] { server->stop(); });
  server->run();
  return server->report();
}

}  // namespace ece465::labs
