#include "common/text.hpp"

#include <doctest/doctest.h>

using namespace ece465::cli;
using namespace std::chrono_literals;

TEST_SUITE("text") {
  TEST_CASE("control characters of a name are escaped") {
    CHECK(printable("a\nb\tc\x1b[31m\x7f") == "a\\nb\\tc\\x1b[31m\\x7f");
    CHECK(printable("größe 写真.jpg") == "größe 写真.jpg");
  }

  TEST_CASE("bytes that are not UTF-8 are replaced in names") {
    CHECK(valid_utf8("gr\xC3\xB6\xC3 \xFFx") == "grö\xEF\xBF\xBD \xEF\xBF\xBDx");
    CHECK(valid_utf8("\xE5\x86") == "\xEF\xBF\xBD\xEF\xBF\xBD");  // cut off
  }

  TEST_CASE("width counts columns, not bytes") {
    CHECK(display_width("photo") == 5);
    CHECK(display_width("größe") == 5);
    CHECK(display_width("写真") == 4);
    CHECK(display_width("e\xCC\x81") == 1);  // e and a combining accent
  }

  TEST_CASE("long names lose their middle") {
    CHECK(elide("photo_0001.jpg", 14) == "photo_0001.jpg");
    CHECK(elide("photo_0001.jpg", 11) == "phot....jpg");
    CHECK(elide("photo_0001.jpg", 3) == "...");
    CHECK(elide("写真写真写真", 7) == "写...真");
    for (std::size_t columns = 0; columns < 20; ++columns) {
      CHECK(display_width(elide("写a真b写c真.jpg", columns)) <= columns);
    }
  }

  TEST_CASE("wrapping breaks at spaces only") {
    CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
    CHECK(wrap("unbreakable x", 4) == std::vector<std::string>{"unbreakable", "x"});
    CHECK(wrap("", 10) == std::vector<std::string>{""});
  }

  TEST_CASE("similar words are suggested") {
    const std::vector<std::string> words{"equalize", "histogram", "completion", "version"};
    CHECK(nearest("equalise", words) == "equalize");
    CHECK(nearest("eqaulize", words) == "equalize");
    CHECK(nearest("hist", words) == "histogram");
    CHECK(nearest("frobnicate", words).empty());
    CHECK(nearest("", words).empty());
    CHECK(did_you_mean("verson", words) == "; did you mean version?");
    CHECK(did_you_mean("xyz", words).empty());
  }

  TEST_CASE("sizes and times are formatted at every magnitude") {
    CHECK(format_bytes(0) == "0 B");
    CHECK(format_bytes(999) == "999 B");
    CHECK(format_bytes(1000) == "1.00 kB");
    CHECK(format_bytes(999'960) == "1.00 MB");
    CHECK(format_bytes(12'345'678) == "12.3 MB");
    CHECK(format_duration(4ms) == "0.004 s");
    CHECK(format_duration(1250ms) == "1.25 s");
    CHECK(format_duration(187s) == "3:07");
    CHECK(format_duration(8100s) == "2:15:00");
    CHECK(short_time(1204ms) == "1.20 s");
    CHECK(short_time(9960us) == "10 ms");
    CHECK(short_time(350us) == "350 us");
    CHECK(short_time(800ns) == "0.8 us");
    CHECK(format_count(0) == "0");
    CHECK(format_count(1'234'567) == "1,234,567");
    CHECK(counted(1, "file") == "1 file");
    CHECK(counted(0, "file") == "0 files");
  }
}
