#include "ece465/net/gate.hpp"

#include <doctest/doctest.h>

using namespace ece465::net;
using namespace std::chrono_literals;

namespace {

/// Runs one coroutine to its end.
template <class Body>
void run(Body body) {
  asio::io_context context(1);
  bool finished = false;
  const auto whole = [&]() -> Task<void> {
    co_await body(context);
    finished = true;
  };
  asio::co_spawn(context, whole, asio::detached);
  context.run();
  CHECK(finished);
}

Task<void> leave_soon(Gate& gate) {
  const auto pass = gate.enter();
  co_await sleep_for(5ms);
}

}  // namespace

TEST_SUITE("gate") {
  TEST_CASE("an empty gate is drained at once") {
    run([](asio::io_context& context) -> Task<void> {
      Gate gate(context.get_executor());
      gate.close();
      CHECK(!gate.open());
      CHECK(co_await gate.drained(0s));
    });
  }

  TEST_CASE("drained waits for the last operation, at most for its limit") {
    run([](asio::io_context& context) -> Task<void> {
      Gate gate(context.get_executor());
      asio::co_spawn(context, leave_soon(gate), asio::detached);
      auto held = gate.enter();
      CHECK(gate.inside() >= 1);
      CHECK(!co_await gate.drained(20ms));
      CHECK(gate.inside() == 1);
      {
        const auto gone = std::move(held);
      }
      CHECK(co_await gate.drained(20s));
    });
  }

  TEST_CASE("drained without a limit waits for the last operation") {
    run([](asio::io_context& context) -> Task<void> {
      Gate gate(context.get_executor());
      asio::co_spawn(context, leave_soon(gate), asio::detached);
      while (gate.inside() == 0) co_await asio::post(context, asio::use_awaitable);
      CHECK(co_await gate.drained());
      CHECK(gate.inside() == 0);
    });
  }
}

TEST_SUITE("condition") {
  TEST_CASE("notify wakes current waiters and is not remembered, and without it the wait times out") {
    run([](asio::io_context& context) -> Task<void> {
      Condition condition(context.get_executor());
      condition.notify();  // without waiters: no effect
      CHECK(!co_await condition.wait(1ms));
      asio::post(context, [&] { condition.notify(); });
      CHECK(co_await condition.wait(20s));
      asio::post(context, [&] { condition.notify(); });
      CHECK(co_await condition.wait());
    });
  }
}
