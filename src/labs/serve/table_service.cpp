#include "table_service.hpp"

#include <algorithm>

#include "message_buffer.hpp"

namespace ece465::labs {

TableService::TableService(ServeState& state, std::function<void()> on_violation)
    : state_(state),
      watch_(state.options.seats, false, std::move(on_violation)),
      coordinator_(watch_, state.options.on_busy,
                   [this](int seat, const Message& message) {
                     if (message.action == Action::approved) print(seat, "Eating!");
                     reply(clients_[static_cast<std::size_t>(seat)], message);
                   }),
      clients_(static_cast<std::size_t>(state.options.seats)) {}

net::Task<void> TableService::session(net::Stream stream) {
  // Shared with `send`, since an approval is sent while another philosopher's message is handled.
  const auto client = std::make_shared<Client>(std::move(stream));
  const OpenStreams::Entry entry(state_.streams, client->stream);
  client->name = python_address(client->stream.peer());
  state_.print(fmt::format("[Server] Connected to {}", client->name));
  co_await serve(client);
  leave(*client);
  co_await close_gracefully(client->stream);
}

net::Task<void> TableService::serve(std::shared_ptr<Client> client) {
  const ServeLimits& limits = state_.options.limits;
  // A philosopher may wait for its neighbours for long without sending anything; keep-alive detects a dead peer.
  client->stream.keep_alive(std::chrono::seconds(30));
  MessageBuffer buffer(kMaxMessageBytes);
  while (!state_.stopping) {
    const MutableBytes free_space = buffer.free_space();
    if (free_space.empty()) co_return;
    const bool eating = client->seat >= 0 && coordinator_.is_eating(client->seat);
    const bool waiting = client->seat >= 0 && coordinator_.is_waiting(client->seat);
    // While waiting it can be approved during this read, and its meal limit starts then: check again at least that
    // often.
    const auto limit = eating ? limits.meal : waiting ? std::min(limits.meal, limits.idle) : limits.idle;
    const auto count = co_await client->stream.read_some(free_space, limit);
    if (!count && count.error().code == Errc::timeout && waiting) {
      continue;  // still waiting, or eating for less than the limit
    }
    if (!count || *count == 0) co_return;
    buffer.filled(*count);
    while (const auto line = buffer.line()) {
      const auto message = decode(*line);
      if (!message) co_return;
      ++state_.report.messages;
      const bool valid = client->seat >= 0 ? handle(*client, *message) : take_seat(client, *message);
      if (!valid) co_return;
    }
  }
}

net::Task<void> TableService::send(std::shared_ptr<Client> client, std::string line) {
  const auto written = co_await client->stream.write(as_bytes(line), state_.options.limits.write);
  if (!written) client->stream.close();
}

void TableService::reply(const std::shared_ptr<Client>& client, const Message& message) {
  // A philosopher waits for each answer before its next message, or is disconnected: no two of these write at once.
  net::spawn(client->stream.executor(), send(client, encode(message)));
}

bool TableService::take_seat(const std::shared_ptr<Client>& client, const Message& message) {
  if (message.action != Action::sit) return false;
  auto seat = std::ranges::find(clients_, nullptr);
  if (message.pid >= 0) {
    seat = message.pid < state_.options.seats ? clients_.begin() + message.pid : clients_.end();
    if (seat != clients_.end() && *seat != nullptr) seat = clients_.end();
  }
  if (seat == clients_.end()) {
    reply(client, {.action = Action::full});
    return true;
  }
  *seat = client;
  client->seat = static_cast<int>(seat - clients_.begin());
  print(client->seat, "sits down: " + client->name);
  coordinator_.seat(client->seat);
  return true;
}

bool TableService::handle(const Client& client, const Message& message) {
  if (message.action == Action::request) print(client.seat, "Requesting forks...");
  if (message.action == Action::returned && coordinator_.is_eating(client.seat)) {
    print(client.seat, "Returning forks...");
  }
  return coordinator_.handle(client.seat, message.action);
}

void TableService::leave(Client& client) {
  if (client.seat < 0) return;
  const int seat = client.seat;
  clients_[static_cast<std::size_t>(seat)] = nullptr;
  client.seat = -1;
  print(seat, coordinator_.is_eating(seat) ? "is gone; its forks were returned" : "is gone");
  coordinator_.remove(seat, false);
}

void TableService::print(int seat, std::string_view text) const {
  if (state_.hooks.on_line) state_.print(fmt::format("[Philosopher {}] {}", seat, text));
}

}  // namespace ece465::labs
