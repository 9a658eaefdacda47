#pragma once

#include <memory>
#include <vector>

#include "dining/coordinator.hpp"
#include "sessions.hpp"

namespace ece465::labs {

/// The coordinator of philosophers that connect over TCP. On one thread.
class TableService {
 public:
  /// `on_violation` is called if the coordinator itself violates an invariant.
  TableService(ServeState& state, std::function<void()> on_violation);

  [[nodiscard]] net::Task<void> session(net::Stream stream);
  [[nodiscard]] const TableWatch& watch() const { return watch_; }

 private:
  struct Client {
    explicit Client(net::Stream from) : stream(std::move(from)) {}
    net::Stream stream;
    std::string name;
    int seat = -1;
  };

  [[nodiscard]] net::Task<void> serve(std::shared_ptr<Client> client);
  net::Task<void> send(std::shared_ptr<Client> client, std::string line);
  void reply(const std::shared_ptr<Client>& client, const Message& message);
  bool take_seat(const std::shared_ptr<Client>& client, const Message& message);
  bool handle(const Client& client, const Message& message);
  void leave(Client& client);
  void print(int seat, std::string_view text) const;

  ServeState& state_;
  TableWatch watch_;
  Coordinator coordinator_;
  std::vector<std::shared_ptr<Client>> clients_;  // by seat; empty: free
};

}  // namespace ece465::labs
