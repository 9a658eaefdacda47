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

  TEST_CASE("stray bytes, cut characters, overlong forms, surrogates and what is beyond Unicode are not") {
    for (const char* const text :
         {"\x80", "a\xFF", "gr\xF6\xDF", "\xC3", "\xE5\x86", "\xC0\xAF", "\xC1\x81", "\xE0\x80\xAF", "\xED\xA0\x80",
          "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
      CAPTURE(text);
      CHECK(!is_utf8(text));
    }
  }
}
