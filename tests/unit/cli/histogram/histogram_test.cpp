#include "histogram/histogram.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "cli/captured_console.hpp"
#include "commands.hpp"
#include "png_file.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::CapturedConsole;
using ece465::testing::TempFolder;

namespace {

/// Levels 10 (twice), 20 and 30.
std::vector<std::byte> four_pixels() {
  return testing::encode_png({.width = 4, .height = 1, .layout = {}, .samples = {10, 20, 10, 30}});
}

}  // namespace

TEST_SUITE("histogram command") {
  TEST_CASE("without a terminal it prints every level that occurs, as CSV") {
    const TempFolder folder;
    CapturedConsole console;
    HistogramCommand command;
    command.input = folder.write("a.png", four_pixels());
    CHECK(run_histogram(command, *console, {}) == kExitOk);
    CHECK(console.out() ==
          "page,plane,level,count,cumulative,equalized\n"
          "1,gray,10,2,2,0\n"
          "1,gray,20,1,3,128\n"
          "1,gray,30,1,4,255\n");
  }

  TEST_CASE("JSON has all counts and the table") {
    const TempFolder folder;
    CapturedConsole console;
    HistogramCommand command;
    command.input = folder.write("a.png", four_pixels());
    command.json = true;
    CHECK(run_histogram(command, *console, {}) == kExitOk);
    const auto json = nlohmann::json::parse(console.out());
    const auto& plane = json["pages"][0]["planes"][0];
    CHECK(plane["samples"] == 4);
    CHECK(plane["counts"].size() == 256);
    CHECK(plane["counts"][10] == 2);
    CHECK(plane["table"][20] == 128);
    CHECK(json["error"].is_null());
  }

  TEST_CASE("JSON is complete even if the file is not an image") {
    const TempFolder folder;
    CapturedConsole console;
    HistogramCommand command;
    command.input = folder.write("a.png", "text");
    command.json = true;
    CHECK(run_histogram(command, *console, {}) == 3);
    const auto json = nlohmann::json::parse(console.out());
    CHECK(json["pages"].empty());
    CHECK(json["error"]["code"] == "bad_input");
  }

  TEST_CASE("nothing is printed to standard output for a file that is not an image") {
    const TempFolder folder;
    CapturedConsole console;
    HistogramCommand command;
    command.input = folder.write("a.png", "text");
    CHECK(run_histogram(command, *console, {}) == 3);
    CHECK(console.out().empty());
    CHECK(console.err().find("a.png: not a JPEG, TIFF or PNG file") != std::string::npos);
  }

  TEST_CASE("every channel can be shown separately") {
    const TempFolder folder;
    CapturedConsole console;
    HistogramCommand command;
    command.input = folder.write("a.png", testing::encode_png(testing::landscape(8, 8, {.colors = 3})));
    command.channels = image::Channels::each;
    CHECK(run_histogram(command, *console, {}) == kExitOk);
    for (const char* plane : {"\n1,red,", "\n1,green,", "\n1,blue,"}) {
      CHECK(console.out().find(plane) != std::string::npos);
    }
  }
}
