#pragma once

#include <memory>
#include <vector>

#include "dining/fork_table.hpp"
#include "dining/message.hpp"
#include "dining/table_watch.hpp"
#include "talkers.hpp"

namespace ece465::labs {

/// The coordinator of philosophers that come by TCP. One thread.
class TableService {
 public:
  /// `breached` is called when the coordinator itself broke the rules.
  TableService(ServeState& state, std::function<void()> breached);

  [[nodiscard]] net::Task<void> session(net::Stream stream);
  [[nodiscard]] const TableWatch& watch() const { return watch_; }

 private:
  struct Guest {
    explicit Guest(net::Stream from) : stream(std::move(from)) {}
    net::Stream stream;
    std::string name;
    int seat = -1;
  };

  [[nodiscard]] net::Task<void> serve(std::shared_ptr<Guest> guest);
  net::Task<void> send(std::shared_ptr<Guest> guest, std::string line);
  void tell(const std::shared_ptr<Guest>& guest, const Message& message);
  bool take_seat(const std::shared_ptr<Guest>& guest, const Message& message);
  bool heard(const std::shared_ptr<Guest>& guest, const Message& message);
  void approve(int seat);
  void put_back(int seat);
  void leave(Guest& guest);

  ServeState& state_;
  ForkTable forks_;
  TableWatch watch_;
  std::vector<std::shared_ptr<Guest>> guests_;  // by seat; empty: free
};

}  // namespace ece465::labs
