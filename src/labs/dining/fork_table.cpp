#include "fork_table.hpp"

#include <algorithm>
#include <array>

namespace ece465::labs {

ForkTable::ForkTable(int philosophers, OnBusy on_busy)
    : seats_(static_cast<std::size_t>(philosophers)), on_busy_(on_busy) {}

/// `i` waits, or asks just now (then nobody asked later).
bool ForkTable::may_eat(int i) const {
  const auto n = static_cast<int>(seats_.size());
  const Seat& self = seats_[static_cast<std::size_t>(i)];
  const std::array<int, 2> neighbours{(i + n - 1) % n, (i + 1) % n};
  return std::ranges::none_of(neighbours, [&](int neighbour) {
    const Seat& other = seats_[static_cast<std::size_t>(neighbour)];
    return other.state == State::eats || (other.state == State::waits && other.ticket < self.ticket);
  });
}

ForkTable::Answer ForkTable::request(int i) {
  Seat& self = seats_[static_cast<std::size_t>(i)];
  if (self.state != State::thinks) return Answer::wrong;
  self.ticket = next_ticket_++;
  if (may_eat(i)) {
    self.state = State::eats;
    return Answer::approved;
  }
  if (on_busy_ == OnBusy::deny) return Answer::denied;
  self.state = State::waits;
  return Answer::queued;
}

void ForkTable::serve_neighbours(int i, std::vector<int>& approved) {
  // Only a neighbour's wait can end by this: whoever waits for one of them goes on waiting for him.
  const auto n = static_cast<int>(seats_.size());
  std::array<int, 2> neighbours{(i + n - 1) % n, (i + 1) % n};
  const auto ticket = [&](int who) { return seats_[static_cast<std::size_t>(who)].ticket; };
  if (ticket(neighbours[1]) < ticket(neighbours[0])) std::swap(neighbours[0], neighbours[1]);
  for (const int neighbour : neighbours) {
    if (waits(neighbour) && may_eat(neighbour)) {
      seats_[static_cast<std::size_t>(neighbour)].state = State::eats;
      approved.push_back(neighbour);
    }
  }
}

bool ForkTable::give_back(int i, std::vector<int>& approved) {
  if (!eats(i)) return false;
  seats_[static_cast<std::size_t>(i)].state = State::thinks;
  serve_neighbours(i, approved);
  return true;
}

void ForkTable::forget(int i, std::vector<int>& approved) {
  seats_[static_cast<std::size_t>(i)].state = State::thinks;
  serve_neighbours(i, approved);
}

}  // namespace ece465::labs
