#include "observability/event_stream.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>

using namespace ece465;
using namespace ece465::cluster;
using namespace std::chrono_literals;

namespace {

constexpr net::Duration kPatience = 60s;

/// Runs `use(broadcast)`, a coroutine, and all that it starts.
template <class Use>
void with_broadcast(EventStreamLimits limits, Use use) {
  asio::io_context io(1);
  EventStream broadcast(io.get_executor(), limits);
  bool finished = false;
  const auto run = [&]() -> net::Task<void> {
    co_await use(broadcast);
    finished = true;
  };
  asio::co_spawn(io, run, [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  });
  io.run();
  CHECK(finished);
}

constexpr EventStreamLimits kNoPace{.pace = 0ms};

net::Task<void> watch(EventStream& broadcast, std::string& seen, int& ended) {
  EventStream::Subscriber viewer(broadcast);
  for (;;) {
    const auto text = co_await viewer.next(kPatience);
    if (!text) break;
    seen += *text;
  }
  ++ended;
}

}  // namespace

TEST_SUITE("broadcast") {
  TEST_CASE("an event is text, and lines of its data stay lines of it") {
    CHECK(event_text("job", "{}") == "event: job\ndata: {}\n\n");
    CHECK(event_text("job", "a\nb") == "event: job\ndata: a\ndata: b\n\n");
    CHECK(event_text("job", "") == "event: job\ndata: \n\n");
  }

  TEST_CASE("a viewer sees what comes after it, in order, together when it is late") {
    with_broadcast(kNoPace, [](EventStream& broadcast) -> net::Task<void> {
      CHECK(!broadcast.has_subscribers());
      broadcast.publish("log", "before");
      EventStream::Subscriber viewer(broadcast);
      CHECK(broadcast.has_subscribers());
      broadcast.publish("log", "1");
      broadcast.publish("log", "2");
      const auto both = co_await viewer.next(kPatience);
      CHECK(both == "event: log\ndata: 1\n\nevent: log\ndata: 2\n\n");
      broadcast.publish("log", "3");
      const auto third = co_await viewer.next(kPatience);
      CHECK(third == "event: log\ndata: 3\n\n");
      const auto nothing = co_await viewer.next(0ms);
      CHECK(nothing == "");
    });
  }

  TEST_CASE("of a job's updates a viewer gets those it can keep up with, and the last one always") {
    with_broadcast(kNoPace, [](EventStream& broadcast) -> net::Task<void> {
      EventStream::Subscriber viewer(broadcast);
      for (int i = 0; i <= 100; ++i) broadcast.publish("job", std::to_string(i), "job/1");
      broadcast.publish("job", "other", "job/2");
      const auto text = co_await viewer.next(kPatience);
      CHECK(text == "event: job\ndata: 100\n\nevent: job\ndata: other\n\n");
      broadcast.publish("job", "101", "job/1");
      const auto next = co_await viewer.next(kPatience);
      CHECK(next == "event: job\ndata: 101\n\n");
    });
  }

  TEST_CASE("who lags too far loses the oldest and is told so, who keeps up does not") {
    EventStreamLimits limits = kNoPace;
    SUBCASE("in events") { limits.events = 3; }
    SUBCASE("in bytes") { limits.bytes = 3 * event_text("log", "0").size(); }
    with_broadcast(limits, [](EventStream& broadcast) -> net::Task<void> {
      EventStream::Subscriber slow(broadcast), quick(broadcast);
      for (char i = '0'; i < '5'; ++i) {
        broadcast.publish("log", std::string(1, i));
        const auto text = co_await quick.next(kPatience);
        CHECK(text == event_text("log", std::string(1, i)));
      }
      const auto text = co_await slow.next(kPatience);
      CHECK(text ==
            "event: gap\ndata: {}\n\n" + event_text("log", "2") + event_text("log", "3") + event_text("log", "4"));
      broadcast.publish("log", "5");
      const auto next = co_await slow.next(kPatience);
      CHECK(next == event_text("log", "5"));
    });
  }

  TEST_CASE("updates that newer ones replaced are no loss") {
    EventStreamLimits limits = kNoPace;
    limits.events = 3;
    with_broadcast(limits, [](EventStream& broadcast) -> net::Task<void> {
      EventStream::Subscriber viewer(broadcast);
      for (int i = 0; i < 100; ++i) broadcast.publish("job", std::to_string(i), "job/1");
      const auto text = co_await viewer.next(kPatience);
      CHECK(text == "event: job\ndata: 99\n\n");
    });
  }

  TEST_CASE("an event larger than all that is kept is still told") {
    EventStreamLimits limits = kNoPace;
    limits.bytes = 10;
    with_broadcast(limits, [](EventStream& broadcast) -> net::Task<void> {
      EventStream::Subscriber viewer(broadcast);
      broadcast.publish("log", "long enough to be over the limit");
      const auto text = co_await viewer.next(kPatience);
      CHECK(text->find("long enough") != std::string::npos);
    });
  }

  TEST_CASE("closing ends every viewer, those that wait and those that come later") {
    with_broadcast({.pace = kPatience}, [](EventStream& broadcast) -> net::Task<void> {
      std::string seen;
      int ended = 0;
      const auto executor = co_await asio::this_coro::executor;
      for (int i = 0; i < 3; ++i) asio::co_spawn(executor, watch(broadcast, seen, ended), asio::detached);
      co_await asio::post(executor, asio::use_awaitable);
      CHECK(broadcast.viewers() == 3);
      broadcast.publish("log", "1");
      co_await asio::post(executor, asio::use_awaitable);
      co_await asio::post(executor, asio::use_awaitable);
      broadcast.close();  // some wait for an event, or for their pace
      CHECK(!broadcast.has_subscribers());
      EventStream::Subscriber late(broadcast);
      const auto nothing = co_await late.next(kPatience);
      CHECK(nothing == std::nullopt);
      while (ended < 3) co_await asio::post(executor, asio::use_awaitable);
    });
  }

  TEST_CASE("a viewer may outlive the broadcast") {
    asio::io_context io(1);
    auto broadcast = std::make_unique<EventStream>(io.get_executor());
    EventStream::Subscriber viewer(*broadcast);
    broadcast->publish("log", "1");
    broadcast.reset();
    CHECK(true);  // its destructor finds what it is counted in
  }
}
