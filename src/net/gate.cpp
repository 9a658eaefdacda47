#include "ece465/net/gate.hpp"

namespace ece465::net {

using Clock = std::chrono::steady_clock;

Condition::Condition(asio::any_io_executor executor)
    : waiters_(std::make_shared<Waiters>()), executor_(std::move(executor)) {}

Task<bool> Condition::wait(Duration limit) {
  const auto waiters = waiters_;
  asio::steady_timer timer(executor_, deadline_after(limit));
  waiters->push_back(&timer);
  co_await net::wait(timer);
  // `notify` removes waiters from the list; one that is still there timed out.
  co_return std::erase(*waiters, &timer) == 0;
}

void Condition::notify() {
  for (auto* timer : std::exchange(*waiters_, {})) timer->cancel();
}

Task<bool> Gate::drained(Duration limit) {
  const auto end = deadline_after(limit);
  while (inside_ > 0) {
    const auto left = end - Clock::now();
    if (left <= Duration::zero()) co_return false;
    co_await emptied_.wait(left);
  }
  co_return true;
}

}  // namespace ece465::net
