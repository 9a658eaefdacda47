#pragma once

#include <functional>

#include "fork_table.hpp"
#include "message.hpp"
#include "table_watch.hpp"

namespace ece465::labs {

/// Handles the messages of seated philosophers, however they are transported, and reports every event to a TableWatch.
class Coordinator {
 public:
  using Send = std::function<void(int philosopher, const Message& message)>;
  /// `send` must not call back.
  Coordinator(TableWatch& watch, OnBusy on_busy, Send send);

  void seat(int i);
  /// False: the message is invalid in the philosopher's state.
  [[nodiscard]] bool handle(int i, Action action);
  /// The philosopher left: returns its forks. `lost`: not voluntarily.
  void remove(int i, bool lost);
  [[nodiscard]] bool is_eating(int i) const { return forks_.is_eating(i); }
  [[nodiscard]] bool is_waiting(int i) const { return forks_.is_waiting(i); }

 private:
  void approve(const std::vector<int>& philosophers);
  void stop_eating(int i);

  TableWatch& watch_;
  ForkTable forks_;
  Send send_;
};

}  // namespace ece465::labs
