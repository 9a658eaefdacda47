#include "observability/event_stream.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>

using namespace ece465;
using namespace ece465::cluster;
using namespace std::chrono_literals;

namespace {

constexpr net::Duration kPatience = 60s;

/// Runs the coroutine `use(events)` and everything that it starts.
template <class Use>
void with_stream(EventStreamLimits limits, Use use) {
  asio::io_context io(1);
  EventStream events(io.get_executor(), limits);
  bool finished = false;
  const auto run = [&]() -> net::Task<void> {
    co_await use(events);
    finished = true;
  };
  asio::co_spawn(io, run, [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  });
  io.run();
  CHECK(finished);
}

constexpr EventStreamLimits kNoDelay{.min_interval = 0ms};

net::Task<void> watch(EventStream& events, std::string& seen, int& ended) {
  EventStream::Subscriber subscriber(events);
  for (;;) {
    const auto text = co_await subscriber.next(kPatience);
    if (!text) break;
    seen += *text;
  }
  ++ended;
}

}  // namespace

TEST_SUITE("event stream") {
  TEST_CASE("each line of an event's data becomes a data line") {
    CHECK(event_text("job", "{}") == "event: job\ndata: {}\n\n");
    CHECK(event_text("job", "a\nb") == "event: job\ndata: a\ndata: b\n\n");
    CHECK(event_text("job", "") == "event: job\ndata: \n\n");
  }

  TEST_CASE("a subscriber gets the events after its start, in order, several at once if it is late") {
    with_stream(kNoDelay, [](EventStream& events) -> net::Task<void> {
      CHECK(!events.has_subscribers());
      events.publish("log", "before");
      EventStream::Subscriber subscriber(events);
      CHECK(events.has_subscribers());
      events.publish("log", "1");
      events.publish("log", "2");
      const auto both = co_await subscriber.next(kPatience);
      CHECK(both == "event: log\ndata: 1\n\nevent: log\ndata: 2\n\n");
      events.publish("log", "3");
      const auto third = co_await subscriber.next(kPatience);
      CHECK(third == "event: log\ndata: 3\n\n");
      const auto nothing = co_await subscriber.next(0ms);
      CHECK(nothing == "");
    });
  }

  TEST_CASE("a newer event supersedes an undelivered one with the same key") {
    with_stream(kNoDelay, [](EventStream& events) -> net::Task<void> {
      EventStream::Subscriber subscriber(events);
      for (int i = 0; i <= 100; ++i) events.publish("job", std::to_string(i), "job/1");
      events.publish("job", "other", "job/2");
      const auto text = co_await subscriber.next(kPatience);
      CHECK(text == "event: job\ndata: 100\n\nevent: job\ndata: other\n\n");
      events.publish("job", "101", "job/1");
      const auto next = co_await subscriber.next(kPatience);
      CHECK(next == "event: job\ndata: 101\n\n");
    });
  }

  TEST_CASE("only a subscriber that lags too far loses events, and gets a gap") {
    EventStreamLimits limits = kNoDelay;
    SUBCASE("in events") { limits.events = 3; }
    SUBCASE("in bytes") { limits.bytes = 3 * event_text("log", "0").size(); }
    with_stream(limits, [](EventStream& events) -> net::Task<void> {
      EventStream::Subscriber slow(events), quick(events);
      for (char i = '0'; i < '5'; ++i) {
        events.publish("log", std::string(1, i));
        const auto text = co_await quick.next(kPatience);
        CHECK(text == event_text("log", std::string(1, i)));
      }
      const auto text = co_await slow.next(kPatience);
      CHECK(text ==
            "event: gap\ndata: {}\n\n" + event_text("log", "2") + event_text("log", "3") + event_text("log", "4"));
      events.publish("log", "5");
      const auto next = co_await slow.next(kPatience);
      CHECK(next == event_text("log", "5"));
    });
  }

  TEST_CASE("superseded events are not a gap") {
    EventStreamLimits limits = kNoDelay;
    limits.events = 3;
    with_stream(limits, [](EventStream& events) -> net::Task<void> {
      EventStream::Subscriber subscriber(events);
      for (int i = 0; i < 100; ++i) events.publish("job", std::to_string(i), "job/1");
      const auto text = co_await subscriber.next(kPatience);
      CHECK(text == "event: job\ndata: 99\n\n");
    });
  }

  TEST_CASE("an event beyond the byte limit is still delivered") {
    EventStreamLimits limits = kNoDelay;
    limits.bytes = 10;
    with_stream(limits, [](EventStream& events) -> net::Task<void> {
      EventStream::Subscriber subscriber(events);
      events.publish("log", "long enough to be over the limit");
      const auto text = co_await subscriber.next(kPatience);
      CHECK(text->find("long enough") != std::string::npos);
    });
  }

  TEST_CASE("closing ends all subscriptions, also later ones") {
    with_stream({.min_interval = kPatience}, [](EventStream& events) -> net::Task<void> {
      std::string seen;
      int ended = 0;
      const auto executor = co_await asio::this_coro::executor;
      for (int i = 0; i < 3; ++i) asio::co_spawn(executor, watch(events, seen, ended), asio::detached);
      co_await asio::post(executor, asio::use_awaitable);
      CHECK(events.subscribers() == 3);
      events.publish("log", "1");
      co_await asio::post(executor, asio::use_awaitable);
      co_await asio::post(executor, asio::use_awaitable);
      events.close();  // some wait for an event, others for the interval
      CHECK(!events.has_subscribers());
      EventStream::Subscriber late(events);
      const auto nothing = co_await late.next(kPatience);
      CHECK(nothing == std::nullopt);
      while (ended < 3) co_await asio::post(executor, asio::use_awaitable);
    });
  }

  TEST_CASE("a subscriber may outlive the stream") {
    asio::io_context io(1);
    auto events = std::make_unique<EventStream>(io.get_executor());
    EventStream::Subscriber subscriber(*events);
    events->publish("log", "1");
    events.reset();
    CHECK(true);  // its destructor finds the shared state
  }
}
