#include "coordinator.hpp"

namespace ece465::labs {

Coordinator::Coordinator(TableWatch& watch, OnBusy on_busy, Send send)
    : watch_(watch), forks_(watch.philosophers(), on_busy), send_(std::move(send)) {}

void Coordinator::seat(int i) {
  watch_.thinks(i);
  send_(i, {.action = Action::seated, .pid = i, .seats = watch_.philosophers()});
}

bool Coordinator::handle(int i, Action action) {
  if (action == Action::request) {
    watch_.asks(i);
    switch (forks_.request(i)) {
      case ForkTable::Answer::approved: approve({i}); return true;
      case ForkTable::Answer::queued: return true;
      case ForkTable::Answer::denied:
        watch_.denied(i);
        watch_.thinks(i);
        send_(i, {.action = Action::denied, .pid = i});
        return true;
      case ForkTable::Answer::invalid: return false;
    }
  }
  if (action != Action::returned || !forks_.is_eating(i)) return false;
  stop_eating(i);
  watch_.thinks(i);
  std::vector<int> approved;
  (void)forks_.release(i, approved);
  approve(approved);
  return true;
}

void Coordinator::remove(int i, bool lost) {
  if (forks_.is_eating(i)) stop_eating(i);
  watch_.leaves(i, lost);
  std::vector<int> approved;
  forks_.remove(i, approved);
  approve(approved);
}

void Coordinator::approve(const std::vector<int>& philosophers) {
  for (const int i : philosophers) {
    watch_.takes_both(i);
    watch_.eats(i);
    send_(i, {.action = Action::approved, .pid = i});
  }
}

void Coordinator::stop_eating(int i) {
  watch_.stops_eating(i);
  watch_.puts_both(i);
}

}  // namespace ece465::labs
