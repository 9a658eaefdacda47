#include "observability/rate_limiter.hpp"

#include <doctest/doctest.h>

using namespace ece465::cluster;
using namespace std::chrono_literals;

namespace {

constexpr RateLimiter::Time kStart{};

RateLimits few() {
  RateLimits limits;
  limits.burst = 3;
  limits.per_second = 2;
  limits.sources = 2;
  limits.told_every = 10s;
  return limits;
}

int taken(RateLimiter& quota, std::string_view source, int lines, RateLimiter::Time now) {
  int count = 0;
  for (int i = 0; i < lines; ++i) count += quota.take(source, now) ? 1 : 0;
  return count;
}

}  // namespace

TEST_SUITE("log quota") {
  TEST_CASE("each source has a burst and a rate of its own") {
    RateLimiter quota(few());
    CHECK(taken(quota, "a", 100, kStart) == 3);
    CHECK(taken(quota, "b", 2, kStart) == 2);
    CHECK(taken(quota, "a", 100, kStart + 1s) == 2);
    CHECK(taken(quota, "a", 100, kStart + 1h) == 3);
  }

  TEST_CASE("what was dropped is told of once, when it has gone on for a while") {
    RateLimiter quota(few());
    CHECK(taken(quota, "a", 10, kStart) == 3);
    CHECK(quota.due(kStart).empty());
    CHECK(taken(quota, "a", 10, kStart + 5s) == 3);
    const auto due = quota.due(kStart + 10s);
    REQUIRE(due.size() == 1);
    CHECK(due[0].source == "a");
    CHECK(due[0].lines == 14);
    CHECK(quota.due(kStart + 1h).empty());
    CHECK(taken(quota, "a", 4, kStart + 1h) == 3);
    CHECK(quota.due(kStart + 1h).empty());
    CHECK(quota.due(kStart + 1h + 10s).size() == 1);
  }

  TEST_CASE("names are remembered up to a number, and those beyond share a quota") {
    RateLimiter quota(few());
    CHECK(taken(quota, "a", 10, kStart) == 3);
    CHECK(taken(quota, "b", 10, kStart) == 3);
    CHECK(taken(quota, "c", 2, kStart) == 2);
    CHECK(taken(quota, "d", 10, kStart) == 1);
    const auto due = quota.due(kStart + 10s);
    REQUIRE(due.size() == 3);
    CHECK(due[0].source.empty());
    CHECK(due[0].lines == 9);
    // When they are quiet, others get their places.
    CHECK(taken(quota, "e", 10, kStart + 1h) == 3);
    CHECK(taken(quota, "f", 10, kStart + 1h) == 3);
  }
}
