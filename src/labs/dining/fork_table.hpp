#pragma once

#include <cstdint>
#include <vector>

#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// What a coordinator knows and decides: who eats, and who waits since when. A pure state machine, which pipes,
/// sockets, threads and coroutines are put around.
///
/// Queueing is fair between neighbours, the only ones who compete: somebody who asks is passed over while a neighbour
/// who asked before still waits. So the one who has waited longest of all is always next at both his forks, and
/// nobody waits for ever.
class ForkTable {
 public:
  ForkTable(int philosophers, OnBusy on_busy);

  enum class Answer : std::uint8_t { approved, denied, queued, wrong };
  /// `wrong`: he eats already, or waits.
  [[nodiscard]] Answer request(int i);
  /// Puts both forks back; those who may eat now are added to `approved`. False: he had none.
  [[nodiscard]] bool give_back(int i, std::vector<int>& approved);
  /// He is gone, whatever he was doing.
  void forget(int i, std::vector<int>& approved);
  [[nodiscard]] bool eats(int i) const { return seats_[static_cast<std::size_t>(i)].state == State::eats; }
  [[nodiscard]] bool waits(int i) const { return seats_[static_cast<std::size_t>(i)].state == State::waits; }

 private:
  enum class State : std::uint8_t { thinks, waits, eats };
  struct Seat {
    State state = State::thinks;
    std::uint64_t ticket = 0;  ///< while he waits: the order of asking
  };
  [[nodiscard]] bool may_eat(int i) const;
  void serve_neighbours(int i, std::vector<int>& approved);

  std::vector<Seat> seats_;
  OnBusy on_busy_;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace ece465::labs
