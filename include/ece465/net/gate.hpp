#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ece465/net/asio.hpp"

namespace ece465::net {

/// A condition variable for the coroutines of one io_context.
class Condition {
 public:
  explicit Condition(asio::any_io_executor executor);
  /// Waits for the next `notify`, at most `limit`; returns false if the time ran out.
  [[nodiscard]] Task<bool> wait(Duration limit = kForever);
  /// Wakes all current waiters. It is not remembered for later ones: check the condition and wait in a loop.
  void notify();
  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

 private:
  /// The timers of the waiters, which `notify` cancels. Shared, because a waiter may outlive the event.
  using Waiters = std::vector<asio::steady_timer*>;
  std::shared_ptr<Waiters> waiters_;
  asio::any_io_executor executor_;
};

/// Counts operations in flight, so that a stop can wait for them. Unlike seastar's gate, it can be entered after
/// `close`, and `close` does not wait: check `open` before starting an operation, and wait with `drained`.
class Gate {
 public:
  explicit Gate(const asio::any_io_executor& executor) : emptied_(executor) {}

  /// Held by an operation while it is in flight.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) { ++gate.inside_; }
    ~Pass() { leave(); }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }

   private:
    void leave() {
      if (gate_ != nullptr && --gate_->inside_ == 0) gate_->emptied_.notify();
      gate_ = nullptr;
    }
    Gate* gate_;
  };

  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] Pass enter() { return Pass(*this); }
  [[nodiscard]] std::size_t inside() const { return inside_; }
  void close() { open_ = false; }
  /// Waits until nothing is in flight, at most `limit`; returns false if the time ran out.
  [[nodiscard]] Task<bool> drained(Duration limit = kForever);

 private:
  bool open_ = true;
  std::size_t inside_ = 0;
  Condition emptied_;
};

}  // namespace ece465::net
