#include "ece465/wire/worker_id.hpp"

#include <doctest/doctest.h>

#include "fields.hpp"

using namespace ece465;
using namespace ece465::wire;

TEST_SUITE("worker ids") {
  const WireLimits kLimits;

  TEST_CASE("the characters of host names are accepted") {
    for (const char* id : {"a", "7", "node-7", "node-7.example.org-4242", "worker_1", "3f2a9c", "A.b-C_d"}) {
      CHECK(check_worker_id(id, kLimits).has_value());
    }
    CHECK(check_worker_id(std::string(264, 'a'), kLimits).has_value());
  }

  TEST_CASE("anything else is refused") {
    for (const std::string& id :
         {std::string(), std::string("-a"), std::string(".."), std::string("_"), std::string("a b"), std::string("a/b"),
          std::string("a\\b"), std::string("a:1"), std::string("a\0b", 3), std::string("caf\xc3\xa9"),
          std::string("a\n"), std::string("<b>"), std::string("a%"), std::string(265, 'a')}) {
      const auto checked = check_worker_id(id, kLimits);
      INFO(id);
      REQUIRE_FALSE(checked.has_value());
      CHECK(checked.error().code == Errc::bad_input);
    }
  }

  TEST_CASE("any host name gives a valid id") {
    CHECK(make_worker_id("node-7", 42) == "node-7-42");
    CHECK(make_worker_id("", 42) == "worker-42");
    CHECK(make_worker_id("--", 42) == "worker-42");
    CHECK(make_worker_id("Anna's Mac", 42) == "Anna-s-Mac-42");
    CHECK(make_worker_id("caf\xc3\xa9", 1) == "caf---1");
    CHECK(check_worker_id(make_worker_id(std::string(1000, 'h'), 4'194'304), kLimits).has_value());
  }
}

TEST_SUITE("free text") {
  TEST_CASE("it becomes UTF-8 on one line") {
    const std::string replacement = "\xef\xbf\xbd";
    CHECK(clean_text("plain", 100) == "plain");
    CHECK(clean_text("\r a\tb\nc\x7f"
                     "d\x1b",
                     100) == "a b c d");
    CHECK(clean_text(std::string("a\0b", 3), 100) == "a b");
    CHECK(clean_text("\xc2\x85 \xc2\xa0", 100) == "\xc2\xa0");                                   // NEL, no-break space
    CHECK(clean_text("\xe2\x82\xac \xf0\x9f\x98\x80", 100) == "\xe2\x82\xac \xf0\x9f\x98\x80");  // euro, a face
    CHECK(clean_text("\x80", 100) == replacement);
    CHECK(clean_text("\xc0\xaf", 100) == replacement + replacement);                    // overlong
    CHECK(clean_text("\xed\xa0\x80", 100) == replacement + replacement + replacement);  // a surrogate
    CHECK(clean_text("\xf4\x90\x80\x80", 100).size() == 12);                            // beyond U+10FFFF
    CHECK(clean_text("\xe2\x82", 100) == replacement + replacement);                    // truncated
    CHECK(clean_text("\xe2\x82"
                     "a",
                     100) == replacement + replacement + "a");
  }

  TEST_CASE("it is truncated between characters") {
    CHECK(clean_text("abc", 2) == "ab");
    CHECK(clean_text("a\xe2\x82\xac", 3) == "a");
    CHECK(clean_text("a\xe2\x82\xac", 4) == "a\xe2\x82\xac");
    CHECK(clean_text("abc", 0).empty());
  }
}
