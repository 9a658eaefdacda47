#include "ece465/labs/marshal.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ece465;
using namespace ece465::labs;

namespace {

Record record(std::string_view text, Syntax syntax = Syntax::json) {
  auto parsed = Record::parse(text, syntax);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *std::move(parsed);
}

constexpr std::array kFormats{Format::json, Format::cbor, Format::msgpack, Format::yaml};

}  // namespace

TEST_SUITE("labs: marshal") {
  TEST_CASE("the course's record, byte by byte") {
    const Record course = record(kCourseRecord);
    CHECK(course.encode(Format::json) == R"({"action":"REQUEST","pid":2})");
    CHECK(course.encode(Format::cbor) ==
          "\xA2\x66"
          "action\x67REQUEST\x63pid\x02");
    CHECK(course.encode(Format::msgpack) ==
          "\x82\xA6"
          "action\xA7REQUEST\xA3pid\x02");
    CHECK(course.encode(Format::yaml) == "action: \"REQUEST\"\npid: 2\n");
  }

  TEST_CASE("decoded copies equal their originals") {
    for (const char* text : {"{}",
                             "[]",
                             "null",
                             "true",
                             "-1",
                             "1.5",
                             "1.0",
                             "1e300",
                             "18446744073709551615",
                             "-9223372036854775808",
                             R"("text")",
                             R"("")",
                             R"("true")",
                             R"("12")",
                             R"("~")",
                             R"("line\nline\ttab \"quoted\" \\ \u0001")",
                             R"("é 日本 😀")",
                             R"({"yes":"no","null":null,"1":1,"":"","a b":"c","~":[]})",
                             R"({"b":1,"a":{"d":[1,2.5,"x",[],{}],"c":false}})",
                             R"([[[[1]]]])"}) {
      const Record original = record(text);
      for (const Format format : kFormats) {
        CAPTURE(text);
        CAPTURE(format_name(format));
        const auto done = marshal(original, format);
        REQUIRE(done.has_value());
        CHECK(done->equal);
        CHECK_FALSE(done->bytes.empty());
      }
    }
  }

  TEST_CASE("plain YAML scalars have types, quoted ones are strings") {
    const Record yaml =
        record("name: Ann\nage: 42\nheight: 1.75\nzip: \"01234\"\nmember: true\ntags: [a, 'b', ~]\n", Syntax::yaml);
    CHECK(yaml.equals(
        record(R"({"name":"Ann","age":42,"height":1.75,"zip":"01234","member":true,"tags":["a","b",null]})")));
  }

  TEST_CASE("a value that the format cannot represent is an error") {
    const Record infinite = record("x: .inf", Syntax::yaml);
    CHECK(infinite.encode(Format::json).error().code == Errc::unsupported);
    CHECK(marshal(infinite, Format::cbor)->equal);
    CHECK(marshal(infinite, Format::yaml)->equal);
  }

  TEST_CASE("a syntax error names its position") {
    const auto json = Record::parse("{\"a\": }", Syntax::json);
    REQUIRE_FALSE(json.has_value());
    CHECK(json.error().code == Errc::bad_input);
    CHECK(json.error().text().find("line 1, column 7") != std::string::npos);
    const auto yaml = Record::parse("a: [1\nb: 2", Syntax::yaml);
    REQUIRE_FALSE(yaml.has_value());
    CHECK(yaml.error().text().find("in line 2") != std::string::npos);
    CHECK_FALSE(Record::parse("a: 1\na: 2", Syntax::yaml).has_value());
    CHECK_FALSE(Record::decode("\xA2\x66", Format::cbor).has_value());
    CHECK_FALSE(Record::decode("\xC1", Format::msgpack).has_value());
  }

  TEST_CASE("limits apply before memory or stack is exhausted") {
    const std::string deep(100'000, '[');
    for (const Syntax syntax : {Syntax::json, Syntax::yaml}) {
      const auto refused = Record::parse(deep, syntax);
      REQUIRE_FALSE(refused.has_value());
    }
    CHECK(Record::decode(std::string(100'000, '\x81'), Format::cbor).error().code == Errc::too_large);
    // Announces 2^32 - 1 items and has none.
    CHECK_FALSE(Record::decode(std::string("\x9A\xFF\xFF\xFF\xFF", 5), Format::cbor).has_value());
    CHECK_FALSE(Record::decode(std::string("\xDD\xFF\xFF\xFF\xFF", 5), Format::msgpack).has_value());
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
      laughs += fmt::format("a{}: &a{} [", i, i);
      for (int k = 0; k < 10; ++k) laughs += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
      laughs += "]\n";
    }
    const auto refused = Record::parse(laughs, Syntax::yaml);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::too_large);
    RecordLimits small;
    small.max_bytes = 10;
    CHECK(Record::parse("[1,2,3,4,5,6]", Syntax::json, small).error().code == Errc::too_large);
  }

  TEST_CASE("name comparisons are limited, and so are strings that aliases repeat") {
    RecordLimits small;
    small.max_name_comparisons = 3;
    small.max_text_bytes = 20;
    for (const Syntax syntax : {Syntax::json, Syntax::yaml}) {
      CHECK(Record::parse(R"([{"a": {"b": 1, "c": 2}, "d": 3}, {"e": 4, "f": 5}])", syntax, small).has_value());
      CHECK(Record::parse(R"({"a": 1, "b": 2, "c": 3})", syntax, small).has_value());
      CHECK(Record::parse(R"({"a": 1, "b": 2, "c": 3, "d": 4})", syntax, small).error().code == Errc::too_large);
      CHECK(Record::parse(R"([{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}])", syntax, small).error().code ==
            Errc::too_large);
    }
    CHECK(Record::parse("[&a 1234567890, *a]", Syntax::yaml, small).has_value());
    CHECK(Record::parse("[&a 1234567890, *a, *a]", Syntax::yaml, small).error().code == Errc::too_large);
  }
}
