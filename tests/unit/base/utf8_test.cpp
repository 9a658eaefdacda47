#include "ece465/base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ece465;

TEST_SUITE("utf-8") {
  TEST_CASE("text in any script is well-formed") {
    for (const char* const text : {"", "photo", "größe", "写真", "\xF0\x9F\x93\xB7", "\xF4\x8F\xBF\xBF"}) {
      CAPTURE(text);
      CHECK(is_utf8(text));
    }
    CHECK(is_utf8(std::string_view("a\0b", 3)));
  }

  TEST_CASE("stray bytes, truncated characters, overlong forms, surrogates and code points beyond Unicode are not") {
    for (const char* const text :
         {"\x80", "a\xFF", "gr\xF6\xDF", "\xC3", "\xE5\x86", "\xC0\xAF", "\xC1\x81", "\xE0\x80\xAF", "\xED\xA0\x80",
          "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
      CAPTURE(text);
      CHECK(!is_utf8(text));
    }
  }

  TEST_CASE("characters are taken one by one, and a bad byte is replaced") {
    std::string_view text = "a\xC3\xB6\xE5\x86z";
    for (const std::string_view wanted : {"a", "\xC3\xB6", "\uFFFD", "\uFFFD", "z"}) CHECK(take_utf8(text) == wanted);
    CHECK(text.empty());
  }

  TEST_CASE("control characters include those of Latin-1") {
    for (const std::string_view control : {std::string_view("\0", 1), std::string_view("\x1B"),
                                           std::string_view("\x7F"), std::string_view("\xC2\x9B")}) {
      CHECK(is_control(control));
    }
    for (const std::string_view other : {" ", "~", "\xC2\xA0", "\xC3\x9B", "\uFFFD"}) CHECK(!is_control(other));
  }
}
