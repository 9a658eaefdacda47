#include "common/console.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>

#include "cli/captured_console.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::CapturedConsole;

TEST_SUITE("console") {
  TEST_CASE("errors and notes are one line each, on standard error") {
    CapturedConsole console;
    (*console).error("a\nb: no such file");
    (*console).note("that is how it is");
    CHECK(console.out().empty());
    CHECK(console.err() == "ece465: error: a\\nb: no such file\nece465: note: that is how it is\n");
  }

  TEST_CASE("the log goes to standard error, in the chosen format") {
    CapturedConsole console;
    (*console).logger().info("one", {{"n", 1}});
    (*console).set_log(LogLevel::warn, LogFormat::json);
    (*console).logger().info("two");
    (*console).logger().warn("three");
    CHECK(console.out().empty());
    CHECK(console.err().find("Z info one n=1\n{\"time\":") != std::string::npos);
    CHECK(console.err().find("two") == std::string::npos);
    CHECK(console.err().ends_with("\"message\":\"three\"}\n"));
  }

  TEST_CASE("color is used on request, and not for files") {
    CapturedConsole console;
    CHECK((*console).out_paint().red("x") == "x");
    (*console).set_color(ColorMode::always);
    CHECK((*console).out_paint().red("x") == "\x1b[31mx\x1b[0m");
    (*console).set_color(ColorMode::never);
    CHECK((*console).err_paint().red("x") == "x");
  }

  TEST_CASE("a write error is kept with its reason") {
    const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full);
    Console console(full.get(), full.get());
    CHECK(console.output_result());
    console.print("x");
    const auto result = console.output_result();
    REQUIRE(!result);
    CHECK(result.error().code == Errc::io);
    CHECK(result.error().text() == "standard output: cannot write: No space left on device");
  }

  TEST_CASE("a closed pipe is an error without a message") {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Descriptor out(ends[1]);
    ::close(ends[0]);
    Console console(out.get(), out.get());
    console.print("x");
    REQUIRE(!console.output_result());
    CHECK(console.output_result().error().text().empty());
    (void)std::signal(SIGPIPE, before);
  }
}
