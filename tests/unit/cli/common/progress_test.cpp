#include "common/progress.hpp"

#include <doctest/doctest.h>

#include "cli/captured_console.hpp"
#include "common/text.hpp"

using namespace ece465::cli;
using namespace std::chrono_literals;

namespace {

ProgressState halfway() {
  return {.files = 300,
          .files_done = 150,
          .bytes = 2'000'000'000,
          .bytes_done = 1e9,
          .elapsed = 4s,
          .name = "folder/a_rather_long_name_of_a_photo_0017.tif",
          .name_fraction = 0.4};
}

}  // namespace

TEST_SUITE("progress") {
  TEST_CASE("a line shows percentage, files, rate, remaining time and name") {
    const std::string line = progress_line(halfway(), 120, false, Paint());
    CHECK(line.starts_with("[############------------]  50%  150/300 files  250 MB/s  ETA 4 s  folder/a_"));
    CHECK(line.ends_with(" 40%"));
  }

  TEST_CASE("a single file is shown without a count of files") {
    auto state = halfway();
    state.files = 1;
    CHECK(progress_line(state, 120, false, Paint()).find("files") == std::string::npos);
  }

  TEST_CASE("the activity is shown after the name, also of a single file") {
    auto state = halfway();
    state.files = 1;
    state.name = "a.tif";
    state.activity = "map 43%";
    CHECK(progress_line(state, 120, false, Paint()).ends_with("  a.tif  map 43%"));
    CHECK(progress_line(state, 80, false, Paint()).ends_with("  a.tif  map 43%"));
  }

  TEST_CASE("a line always fits its window") {
    auto busy = halfway();
    busy.activity = "download 1.23 MB";
    for (std::size_t width = 1; width < 130; ++width) {
      for (const bool unicode : {true, false}) {
        CAPTURE(width);
        CHECK(display_width(progress_line(halfway(), width, unicode, Paint())) < std::max<std::size_t>(width, 2));
        CHECK(display_width(progress_line(busy, width, unicode, Paint())) < std::max<std::size_t>(width, 2));
      }
    }
  }

  TEST_CASE("fractions at both ends and unknown totals are drawn") {
    for (const double bytes : {0.0, 1.0, 2e9, 9e9}) {
      auto state = halfway();
      state.bytes_done = bytes;
      for (const bool unicode : {true, false}) CHECK(display_width(progress_line(state, 80, unicode, Paint())) < 80);
    }
    CHECK(progress_line({.files = 1, .name = "-"}, 80, false, Paint()).find("ETA ?") != std::string::npos);
  }

  TEST_CASE("nothing is shown unless standard error is a terminal") {
    ece465::testing::CapturedConsole console;
    {
      Progress progress(*console, 2, 100, true);
      CHECK(!progress.active());
      progress.started(0, "a", 100);
      progress.moved(0, 1, 2);
      progress.finished(0);
    }
    CHECK(console.err().empty());
  }
}
