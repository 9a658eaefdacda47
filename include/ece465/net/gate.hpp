#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ece465/net/asio.hpp"

namespace ece465::net {

/// Something that coroutines on one io_context wait for until another calls `notify`.
class Event {
 public:
  explicit Event(asio::any_io_executor executor);
  /// Waits for the next `notify`, at most `limit`; returns whether it came.
  [[nodiscard]] Task<bool> wait(Duration limit = kForever);
  /// Wakes all that wait now. Without waiters it has no effect: look at your condition, then wait, in a loop.
  void notify();
  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

 private:
  /// Each waiter's own timer, which `notify` cancels. Shared, since a waiter may outlive the event.
  using Waiters = std::vector<asio::steady_timer*>;
  std::shared_ptr<Waiters> waiters_;
  asio::any_io_executor executor_;
};

/// Counts what is in flight, so that a stop can wait for it: seastar's gate.
class Gate {
 public:
  explicit Gate(const asio::any_io_executor& executor) : emptied_(executor) {}

  /// Held while something is in flight.
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

  /// False once `close` was called: start nothing new then.
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] Pass enter() { return Pass(*this); }
  [[nodiscard]] std::size_t inside() const { return inside_; }
  void close() { open_ = false; }
  /// Waits until nothing is in flight, at most `limit`; returns whether that was reached.
  [[nodiscard]] Task<bool> drained(Duration limit = kForever);

 private:
  bool open_ = true;
  std::size_t inside_ = 0;
  Event emptied_;
};

}  // namespace ece465::net
