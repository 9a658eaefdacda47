#include "ece465/base/rfc3339.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kExample =
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 25)) + 15h + 27min + 20s + 123ms;

}  // namespace

TEST_SUITE("rfc 3339") {
  TEST_CASE("a time is written in UTC to the millisecond, with a fixed length") {
    CHECK(to_rfc3339(kExample) == "2026-11-25T15:27:20.123Z");
    CHECK(to_rfc3339(WallTime{}) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(WallTime(-1ms)) == "1969-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(WallTime::max()) == "9999-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(WallTime::min()) == "0000-01-01T00:00:00.000Z");
  }

  TEST_CASE("round trip") {
    for (const WallTime time : {kExample, WallTime{}, WallTime(-1ms), WallTime(1h * 24 * 365 * 2000)}) {
      CHECK(parse_rfc3339(to_rfc3339(time)).value() == time);
    }
  }

  TEST_CASE("other forms that the RFC allows") {
    for (const auto* text : {"2026-11-25t15:27:20.123z", "2026-11-25 15:27:20.1234567Z",
                             "2026-11-25T17:57:20.123+02:30", "2026-11-24T23:27:20.123-16:00"}) {
      CAPTURE(text);
      CHECK(parse_rfc3339(text).value() == kExample);
    }
    CHECK(parse_rfc3339("2026-11-25T15:27:20Z").value() == kExample - 123ms);
    CHECK(parse_rfc3339("2026-11-25T15:27:20.1Z").value() == kExample - 23ms);
    CHECK(to_rfc3339(parse_rfc3339("2016-12-31T23:59:60Z").value()) == "2017-01-01T00:00:00.000Z");
  }

  TEST_CASE("anything else is refused") {
    for (const auto* text :
         {"", "now", "2026-11-25", "2026-11-25T15:27:20", "2026-13-25T15:27:20Z", "2026-02-29T15:27:20Z",
          "2026-11-25T24:00:00Z", "2026-11-25T15:60:20Z", "2026-11-25T15:27:61Z", "2026-11-25T15:27:20.Z",
          "2026-11-25T15:27:20Zx", "2026-11-25T15:27:20+0100", "26-11-25T15:27:20Z", "2026-1-25T15:27:20Z",
          "+026-11-25T15:27:20Z"}) {
      CAPTURE(text);
      const auto time = parse_rfc3339(text);
      REQUIRE(!time);
      CHECK(time.error().code == Errc::bad_input);
    }
  }
}
