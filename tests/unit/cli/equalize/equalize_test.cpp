#include "equalize/equalize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/captured_console.hpp"
#include "commands.hpp"
#include "png_file.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::CapturedConsole;
using ece465::testing::TempFolder;

namespace {

std::vector<std::byte> small_png(std::uint32_t seed = 1) {
  return testing::encode_png(testing::landscape(48, 32, {}, seed));
}

EqualizeCommand command_for(std::vector<std::string> inputs) {
  EqualizeCommand command;
  command.inputs = std::move(inputs);
  command.threads = 2;
  return command;
}

}  // namespace

TEST_SUITE("equalize command") {
  TEST_CASE("a file is equalized beside itself and reported in one line") {
    const TempFolder folder;
    CapturedConsole console;
    const std::string input = folder.write("a.png", small_png());
    CHECK(run_equalize(command_for({input}), *console, {}) == kExitOk);
    const std::string line = console.out();
    CHECK(line.starts_with(input + " -> " + (folder / "a_equalized.png") + "  48x32 8-bit gray  gray "));
    CHECK(line.ends_with(" s\n"));
    CHECK(std::ranges::count(line, '\n') == 1);
    CHECK(console.err().empty());
    const auto result = folder.read("a_equalized.png");
    CHECK(testing::decode_png(as_bytes(result)).scene ==
          testing::oracle(testing::landscape(48, 32, {}), image::Channels::luma));
  }

  TEST_CASE("an unreadable file is reported, and the others are processed") {
    const TempFolder folder;
    CapturedConsole console;
    const auto command = command_for({folder.write("a.png", small_png()), folder.write("b.png", "no image"),
                                      folder / "none.png", folder.write("c.png", small_png(2))});
    CHECK(run_equalize(command, *console, {}) == kExitFailed);
    CHECK(folder.holds("a_equalized.png"));
    CHECK(folder.holds("c_equalized.png"));
    CHECK(!folder.holds("b_equalized.png"));
    CHECK(console.err() == fmt::format("ece465: error: {}: not a JPEG, TIFF or PNG file\n"
                                       "ece465: error: {}: cannot open: No such file or directory\n"
                                       "ece465: error: 2 of 4 files failed\n",
                                       folder / "b.png", folder / "none.png"));
  }

  TEST_CASE("a single failure has its own exit code") {
    const TempFolder folder;
    CapturedConsole console;
    CHECK(run_equalize(command_for({folder.write("a.png", "")}), *console, {}) == 3);
    const std::string good = folder.write("b.png", small_png());
    auto command = command_for({good});
    command.output = folder / "a.png/b.png";  // below a file
    CHECK(run_equalize(command, *console, {}) == 1);
    CHECK(run_equalize(command_for({}), *console, {}) == 2);
  }

  TEST_CASE("existing files are replaced only with --force, including the input itself") {
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for({folder.write("a.png", small_png())});
    command.output = folder / "a.png";
    CHECK(run_equalize(command, *console, {}) == 1);
    CHECK(folder.read("a.png") == as_text(small_png()));
    command.force = true;
    CHECK(run_equalize(command, *console, {}) == 0);
    CHECK(folder.read("a.png") != as_text(small_png()));
  }

  TEST_CASE("reports come in the order of the inputs") {
    const TempFolder folder;
    CapturedConsole console;
    std::vector<std::string> inputs;
    for (std::uint32_t i = 0; i < 12; ++i) {
      const std::uint32_t side = 16 + i * 16;  // the later, the larger
      inputs.push_back(
          folder.write(fmt::format("{:02}.png", i), testing::encode_png(testing::landscape(side, side, {}, i))));
    }
    auto command = command_for(inputs);
    command.threads = 4;
    CHECK(run_equalize(command, *console, {}) == 0);
    std::string out = console.out();
    std::size_t at = 0;
    for (const auto& input : inputs) {
      const std::size_t next = out.find(input + " -> ", at);
      REQUIRE(next != std::string::npos);
      at = next + 1;
    }
  }

  TEST_CASE("a file too large for its share of memory is processed alone afterwards") {
    const TempFolder folder;
    CapturedConsole console;
    std::vector<std::string> inputs;
    for (std::uint32_t i = 0; i < 4; ++i) {
      const auto scene = testing::landscape(30'000, 4, {.bits = 16, .colors = 3}, i);
      inputs.push_back(folder.write(fmt::format("{}.png", i), testing::encode_png(scene)));
    }
    // A budget that is just enough for one of them; what that is is the format's business.
    auto single = command_for({inputs[0]});
    single.force = true;
    single.memory_bytes = std::uint64_t{64} << 10;
    while (run_equalize(single, *CapturedConsole(), {}) != 0) {
      single.memory_bytes *= 2;
      REQUIRE(single.memory_bytes < std::uint64_t{1} << 30);
    }
    auto command = command_for(inputs);
    command.force = true;
    command.threads = 4;
    command.memory_bytes = single.memory_bytes;
    CHECK(run_equalize(command, *console, {}) == 0);
    CHECK(console.err().empty());
  }

  TEST_CASE("quiet leaves only errors") {
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for({folder.write("a.png", small_png()), folder.write("b.png", "text")});
    command.quiet = true;
    CHECK(run_equalize(command, *console, {}) == 1);
    CHECK(console.out().empty());
    CHECK(console.err().find("b.png") != std::string::npos);
  }

  TEST_CASE("JSON is one object with stable keys, failures included") {
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for({folder.write("a.png", small_png()), folder.write("b\xFF.png", "text")});
    command.json = true;
    CHECK(run_equalize(command, *console, {}) == 1);
    const auto json = nlohmann::json::parse(console.out());
    CHECK(json["command"] == "equalize");
    CHECK(json["done"] == 1);
    CHECK(json["failed"] == 1);
    REQUIRE(json["files"].size() == 2);
    const auto& good = json["files"][0];
    CHECK(good["output"] == folder / "a_equalized.png");
    CHECK(good["format"] == "png");
    CHECK(good["error"].is_null());
    CHECK(good["bytes_in"] == small_png().size());
    CHECK(good["bytes_out"] == std::filesystem::file_size(folder / "a_equalized.png"));
    CHECK(good["seconds"].is_number());
    REQUIRE(good["pages"].size() == 1);
    CHECK(good["pages"][0]["width"] == 48);
    CHECK(good["pages"][0]["bits"] == 8);
    CHECK(good["pages"][0]["planes"][0]["levels_after"]["highest"] == 255);
    const auto& bad = json["files"][1];
    CHECK(bad["output"].is_null());
    CHECK(bad["error"]["code"] == "bad_input");
    CHECK(bad["error"]["message"].is_string());
  }

  TEST_CASE("a request to stop ends a run with 130 and without results") {
    const TempFolder folder;
    CapturedConsole console;
    std::stop_source stop;
    stop.request_stop();
    const auto command = command_for({folder.write("a.png", small_png()), folder.write("b.png", small_png())});
    CHECK(run_equalize(command, *console, stop.get_token()) == kExitInterrupted);
    CHECK(!folder.holds("a_equalized.png"));
    CHECK(console.err() == "ece465: error: interrupted: 0 of 2 files done\n");
  }

  TEST_CASE("a plot is drawn on request, for a single input only") {
    const TempFolder folder;
    CapturedConsole console;
    auto command = command_for({folder.write("a.png", small_png())});
    command.plot = folder / "a.svg";
    CHECK(run_equalize(command, *console, {}) == 0);
    CHECK(folder.read("a.svg").starts_with("<?xml"));
    command.inputs.push_back(folder.write("b.png", small_png()));
    CHECK(run_equalize(command, *console, {}) == 2);
  }
}
