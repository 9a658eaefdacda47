#include "common/options.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace ece465::cli;

TEST_SUITE("option values") {
  TEST_CASE("sizes take the units people write") {
    CHECK(parse_size("1000000") == 1'000'000);
    CHECK(parse_size("64M") == std::uint64_t{64} << 20);
    CHECK(parse_size("64m") == std::uint64_t{64} << 20);
    CHECK(parse_size("256MiB") == std::uint64_t{256} << 20);
    CHECK(parse_size("1.5G") == std::uint64_t{3} << 29);
    CHECK(parse_size("2 GB") == 2'000'000'000);
    CHECK(parse_size("1T") == std::uint64_t{1} << 40);
  }

  TEST_CASE("sizes that make no sense say what is wrong") {
    for (const char* text : {"", "M", "abc", "1e3", "64X", "64MM", "-1M", "inf", "nan", "99999999T", "0x10"}) {
      CAPTURE(text);
      const auto size = parse_size(text);
      REQUIRE(!size);
      CHECK(size.error().code == Errc::usage);
    }
    CHECK(parse_size("64X").error().text().find("unknown unit 'X'") != std::string::npos);
  }

  TEST_CASE("a memory budget has a lower end, which catches a forgotten unit") {
    CHECK(parse_memory("1M") == std::uint64_t{1} << 20);
    REQUIRE(!parse_memory("64"));
    CHECK(parse_memory("64").error().text().find("64 bytes") != std::string::npos);
  }

  TEST_CASE("numbers are whole and within their range") {
    CHECK(parse_number("1", 1, 100) == 1);
    CHECK(parse_number("100", 1, 100) == 100);
    for (const char* text : {"", "0", "101", "5.5", "5x", "x", "99999999999999999999", " 5"}) {
      CAPTURE(text);
      CHECK(!parse_number(text, 1, 100));
    }
  }

  TEST_CASE("threads are a number or auto") {
    CHECK(parse_threads("auto") == 0U);
    CHECK(parse_threads("8") == 8U);
    CHECK(!parse_threads("0"));
    CHECK(!parse_threads("-2"));
    CHECK(!parse_threads("all"));
  }

  TEST_CASE("choices are spelled out when none fits, and the nearest is offered") {
    const Choices<int> choices{{"luma", 1}, {"gray", 2}};
    CHECK(parse_choice("gray", choices) == 2);
    CHECK(parse_choice("grey", choices).error().text() == "'grey' is none of luma, gray; did you mean gray?");
    CHECK(choices_type(choices) == "luma|gray");
  }

  TEST_CASE("an option given twice takes the last value") {
    CLI::App app;
    int value = 0;
    add_value<int>(app, "-n,--number", value, "N", [](std::string_view text) { return parse_number(text, 0, 9); }, "");
    app.parse("--number 1 -n 2");
    CHECK(value == 2);
    CHECK_THROWS_WITH_AS(app.parse("-n 10"), "--number: 10 is out of range; choose 0 to 9", CLI::ValidationError);
  }
}
