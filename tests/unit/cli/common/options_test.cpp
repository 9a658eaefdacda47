#include "common/options.hpp"

#include <doctest/doctest.h>

using namespace ece465;
using namespace ece465::cli;

TEST_SUITE("option values") {
  TEST_CASE("sizes accept common units") {
    CHECK(parse_size("1000000") == 1'000'000);
    CHECK(parse_size("64M") == std::uint64_t{64} << 20);
    CHECK(parse_size("64m") == std::uint64_t{64} << 20);
    CHECK(parse_size("256MiB") == std::uint64_t{256} << 20);
    CHECK(parse_size("1.5G") == std::uint64_t{3} << 29);
    CHECK(parse_size("2 GB") == 2'000'000'000);
    CHECK(parse_size("1T") == std::uint64_t{1} << 40);
  }

  TEST_CASE("invalid sizes are refused with a reason") {
    for (const char* text : {"", "M", "abc", "1e3", "64X", "64MM", "-1M", "inf", "nan", "99999999T", "0x10"}) {
      CAPTURE(text);
      const auto size = parse_size(text);
      REQUIRE(!size);
      CHECK(size.error().code == Errc::usage);
    }
    CHECK(parse_size("64X").error().text().find("unknown unit 'X'") != std::string::npos);
  }

  TEST_CASE("a memory budget has a minimum, which catches a forgotten unit") {
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

  TEST_CASE("an unknown choice is answered with all choices and the most similar one") {
    const Choices<int> choices{{"luma", 1}, {"gray", 2}};
    CHECK(parse_choice("gray", choices) == 2);
    CHECK(parse_choice("grey", choices).error().text() == "'grey' is not one of luma, gray; did you mean gray?");
    CHECK(choices_type(choices) == "luma|gray");
  }

  TEST_CASE("an option given twice takes the last value") {
    Command program("program", "");
    int value = 0;
    add_number(program, "-n,--number", value, 0, 9, "");
    REQUIRE(parse_command_line(program, {"--number", "1", "-n", "2"}));
    CHECK(value == 2);
    const auto out_of_range = parse_command_line(program, {"-n", "10"});
    REQUIRE(!out_of_range);
    CHECK(out_of_range.error().text() == "--number: 10 is out of range; choose 0 to 9");
  }
}
