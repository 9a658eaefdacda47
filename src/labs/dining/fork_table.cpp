#include "fork_table.hpp"

#include <algorithm>
#include <array>

namespace ece465::labs {

ForkTable::ForkTable(int philosophers, OnBusy on_busy)
    : seats_(static_cast<std::size_t>(philosophers)), on_busy_(on_busy) {}

/// `i` is waiting, or is asking just now (with the newest ticket).
bool ForkTable::may_eat(int i) const {
  const auto n = static_cast<int>(seats_.size());
  const Seat& self = seats_[static_cast<std::size_t>(i)];
  const std::array<int, 2> neighbours{(i + n - 1) % n, (i + 1) % n};
  return std::ranges::none_of(neighbours, [&](int neighbour) {
    const Seat& other = seats_[static_cast<std::size_t>(neighbour)];
    return other.state == State::eating || (other.state == State::waiting && other.ticket < self.ticket);
  });
}

ForkTable::Answer ForkTable::request(int i) {
  Seat& self = seats_[static_cast<std::size_t>(i)];
  if (self.state != State::thinking) return Answer::invalid;
  self.ticket = next_ticket_++;
  if (may_eat(i)) {
    self.state = State::eating;
    return Answer::approved;
  }
  if (on_busy_ == OnBusy::deny) return Answer::denied;
  self.state = State::waiting;
  return Answer::queued;
}

void ForkTable::approve_neighbours(int i, std::vector<int>& approved) {
  // Only the neighbours can become runnable: one that waits for a neighbour's request keeps waiting for it.
  const auto n = static_cast<int>(seats_.size());
  std::array<int, 2> neighbours{(i + n - 1) % n, (i + 1) % n};
  const auto ticket = [&](int seat) { return seats_[static_cast<std::size_t>(seat)].ticket; };
  if (ticket(neighbours[1]) < ticket(neighbours[0])) std::swap(neighbours[0], neighbours[1]);
  for (const int neighbour : neighbours) {
    if (is_waiting(neighbour) && may_eat(neighbour)) {
      seats_[static_cast<std::size_t>(neighbour)].state = State::eating;
      approved.push_back(neighbour);
    }
  }
}

bool ForkTable::release(int i, std::vector<int>& approved) {
  if (!is_eating(i)) return false;
  seats_[static_cast<std::size_t>(i)].state = State::thinking;
  approve_neighbours(i, approved);
  return true;
}

void ForkTable::remove(int i, std::vector<int>& approved) {
  seats_[static_cast<std::size_t>(i)].state = State::thinking;
  approve_neighbours(i, approved);
}

}  // namespace ece465::labs
