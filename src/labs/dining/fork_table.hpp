#pragma once

#include <cstdint>
#include <vector>

#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// A coordinator's state and decisions: who eats, and who has waited since when. A pure state machine, driven through
/// pipes, sockets, threads or coroutines.
///
/// The queue is fair between neighbours, the only ones that compete: a request is not granted while a neighbour that
/// asked earlier is still waiting. So the longest waiting of all is always next for both its forks, and no philosopher
/// starves.
class ForkTable {
 public:
  ForkTable(int philosophers, OnBusy on_busy);

  enum class Answer : std::uint8_t { approved, denied, queued, invalid };
  /// `invalid`: it already eats or waits.
  [[nodiscard]] Answer request(int i);
  /// Returns both forks; adds those that may eat now to `approved`. False: it had none.
  [[nodiscard]] bool release(int i, std::vector<int>& approved);
  /// It left, in whatever state.
  void remove(int i, std::vector<int>& approved);
  [[nodiscard]] bool is_eating(int i) const { return seats_[static_cast<std::size_t>(i)].state == State::eating; }
  [[nodiscard]] bool is_waiting(int i) const { return seats_[static_cast<std::size_t>(i)].state == State::waiting; }

 private:
  enum class State : std::uint8_t { thinking, waiting, eating };
  struct Seat {
    State state = State::thinking;
    std::uint64_t ticket = 0;  ///< while waiting: the order of requests
  };
  [[nodiscard]] bool may_eat(int i) const;
  void approve_neighbours(int i, std::vector<int>& approved);

  std::vector<Seat> seats_;
  OnBusy on_busy_;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace ece465::labs
