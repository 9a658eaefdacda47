#include "observability/recent_log.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>

using namespace ece465::cluster;
using namespace std::chrono_literals;

namespace {

constexpr RateLimiter::Time kStart{};

RateLimits small_limits() {
  RateLimits limits;
  limits.burst = 3;
  limits.per_second = 2;
  limits.sources = 2;
  limits.report_interval = 10s;
  return limits;
}

int taken(RateLimiter& limiter, std::string_view source, int lines, RateLimiter::Time now) {
  int count = 0;
  for (int i = 0; i < lines; ++i) count += limiter.take(source, now) ? 1 : 0;
  return count;
}

}  // namespace

TEST_SUITE("recent log") {
  TEST_CASE("keeps the last 100 lines, oldest first, each cut at 4 KB") {
    asio::io_context io(1);
    EventStream events(io.get_executor());
    RecentLog log(events);
    for (int i = 0; i < 120; ++i) log.add("Master", std::to_string(i));
    REQUIRE(log.lines().size() == 100);
    CHECK(log.lines().front().message == "20");
    CHECK(log.lines().back().message == "119");
    log.add("node-7", std::string(100'000, 'x'));
    CHECK(log.lines().back().message.size() == 4096);
    log.clear();
    CHECK(log.lines().empty());
  }

  TEST_CASE("subscribers get each line as an event") {
    asio::io_context io(1);
    EventStream events(io.get_executor());
    RecentLog log(events);
    EventStream::Subscriber subscriber(events);
    log.add("node-7", "hello");
    std::string seen;
    asio::co_spawn(io, subscriber.next(std::chrono::seconds(60)),
                   [&](const std::exception_ptr&, std::optional<std::string> text) { seen = text.value_or(""); });
    io.run();
    CHECK(seen.starts_with("event: log\ndata: {\"time\":\""));
    CHECK(seen.ends_with("\",\"source\":\"node-7\",\"message\":\"hello\"}\n\n"));
  }
}

TEST_SUITE("log rate limiter") {
  TEST_CASE("each source has its own burst and rate") {
    RateLimiter limiter(small_limits());
    CHECK(taken(limiter, "a", 100, kStart) == 3);
    CHECK(taken(limiter, "b", 2, kStart) == 2);
    CHECK(taken(limiter, "a", 100, kStart + 1s) == 2);
    CHECK(taken(limiter, "a", 100, kStart + 1h) == 3);
  }

  TEST_CASE("dropped lines are reported once per interval") {
    RateLimiter limiter(small_limits());
    CHECK(taken(limiter, "a", 10, kStart) == 3);
    CHECK(limiter.due(kStart).empty());
    CHECK(taken(limiter, "a", 10, kStart + 5s) == 3);
    const auto due = limiter.due(kStart + 10s);
    REQUIRE(due.size() == 1);
    CHECK(due[0].source == "a");
    CHECK(due[0].lines == 14);
    CHECK(limiter.due(kStart + 1h).empty());
    CHECK(taken(limiter, "a", 4, kStart + 1h) == 3);
    CHECK(limiter.due(kStart + 1h).empty());
    CHECK(limiter.due(kStart + 1h + 10s).size() == 1);
  }

  TEST_CASE("sources beyond the maximum share a limit") {
    RateLimiter limiter(small_limits());
    CHECK(taken(limiter, "a", 10, kStart) == 3);
    CHECK(taken(limiter, "b", 10, kStart) == 3);
    CHECK(taken(limiter, "c", 2, kStart) == 2);
    CHECK(taken(limiter, "d", 10, kStart) == 1);
    const auto due = limiter.due(kStart + 10s);
    REQUIRE(due.size() == 3);
    CHECK(due[0].source.empty());
    CHECK(due[0].lines == 9);
    // Sources with a full bucket make room for others.
    CHECK(taken(limiter, "e", 10, kStart + 1h) == 3);
    CHECK(taken(limiter, "f", 10, kStart + 1h) == 3);
  }
}
