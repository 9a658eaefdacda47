#include "common/settings.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX

#include "common/options.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cli;
using ece465::testing::TempFolder;

namespace {

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

/// A small program: one option for all commands, two commands.
struct Program {
  CLI::App app;
  std::string color = "auto", host = "localhost";
  int paint_size = 1, draw_size = 2;
  bool dry_run = false;
  CLI::App* paint;
  CLI::App* draw;
  std::optional<Settings> settings;

  Program() {
    const auto small = [](std::string_view text) { return parse_number(text, 1, 99); };
    add_text(app, "--color", color, "WORD", "")->default_str(color);
    paint = app.add_subcommand("paint");
    add_value<int>(*paint, "--brush-size", paint_size, "N", small, "")->default_str("1");
    add_switch(*paint, "--dry-run", dry_run, "");
    add_text(*paint, "--host", host, "HOST", "")->default_str(host)->envname("UNIT_TEST_MASTER_HOST");
    draw = app.add_subcommand("draw");
    add_value<int>(*draw, "--brush-size", draw_size, "N", small, "")->default_str("2");
    settings.emplace(app);
  }

  /// Parses, then fills in as the program does.
  Result<void> run(const std::string& arguments, const std::string& file = {}) {
    app.parse(arguments);
    if (!file.empty()) ECE465_TRY(settings->read_file(file));
    ECE465_TRY(settings->apply(app));
    return settings->apply(*paint);
  }
};

std::string what_is_wrong_with(const std::string& yaml) {
  const TempFolder folder;
  const std::string file = folder.write("c.yaml", yaml);
  Program program;
  const auto result = program.run("paint", file);
  REQUIRE(!result);
  CHECK(result.error().code == Errc::usage);
  REQUIRE(result.error().text().starts_with(file));
  return result.error().text().substr(file.size());
}

}  // namespace

TEST_SUITE("settings") {
  TEST_CASE("the command line wins over the environment, that over the file, that over the default") {
    const TempFolder folder;
    const std::string file = folder.write("c.yaml", "paint:\n  brush-size: 5\n");
    {
      Program program;
      REQUIRE(program.run("paint"));
      CHECK(program.paint_size == 1);
    }
    {
      Program program;
      REQUIRE(program.run("paint", file));
      CHECK(program.paint_size == 5);
    }
    const Variable variable("ECE465_PAINT_BRUSH_SIZE", "6");
    {
      Program program;
      REQUIRE(program.run("paint", file));
      CHECK(program.paint_size == 6);
    }
    {
      Program program;
      REQUIRE(program.run("paint --brush-size 7", file));
      CHECK(program.paint_size == 7);
    }
  }

  TEST_CASE("a variable for one command wins over one for all, and both over a foreign name") {
    const Variable foreign("UNIT_TEST_MASTER_HOST", "course");
    {
      Program program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "course");
    }
    const Variable all("ECE465_HOST", "all");
    {
      Program program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "all");
    }
    const Variable one("ECE465_PAINT_HOST", "one");
    {
      Program program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "one");
      CHECK(program.settings->variables(*program.paint, *program.paint->get_option("--host")) ==
            std::vector<std::string>{"ECE465_PAINT_HOST", "ECE465_HOST", "UNIT_TEST_MASTER_HOST"});
    }
  }

  TEST_CASE("a HOST:PORT may come from two variables, of which one may be missing") {
    const auto master = [](const std::string& arguments, const std::string& file = {}) {
      CLI::App app;
      std::string address = "127.0.0.1:6000";
      CLI::App* const work = app.add_subcommand("work");
      add_text(*work, "--master", address, "HOST:PORT", "")
          ->default_str(address)
          ->envname("UNIT_TEST_MASTER_HOST:UNIT_TEST_MASTER_PORT");
      Settings settings(app);
      app.parse(arguments);
      if (!file.empty()) REQUIRE(settings.read_file(file));
      REQUIRE(settings.apply(*work));
      return address;
    };
    const TempFolder folder;
    const std::string file = folder.write("c.yaml", "work:\n  master: filed:1\n");
    CHECK(master("work") == "127.0.0.1:6000");
    CHECK(master("work", file) == "filed:1");
    {
      const Variable port("UNIT_TEST_MASTER_PORT", "7000");
      CHECK(master("work") == "127.0.0.1:7000");
    }
    const Variable host("UNIT_TEST_MASTER_HOST", "far");
    CHECK(master("work", file) == "far:6000");
    const Variable port("UNIT_TEST_MASTER_PORT", "7000");
    CHECK(master("work", file) == "far:7000");
    CHECK(master("work --master given:1", file) == "given:1");
    {
      const Variable v6("UNIT_TEST_MASTER_HOST", "::1");
      CHECK(master("work") == "[::1]:7000");
    }
    const Variable again("UNIT_TEST_MASTER_HOST", "far");
    const Variable made_by_kubernetes("UNIT_TEST_MASTER_PORT", "tcp://10.96.0.7:6000");
    CHECK(master("work") == "far:6000");
    const Variable ours("ECE465_WORK_MASTER", "ours:1");
    CHECK(master("work") == "ours:1");
  }

  TEST_CASE("a variable that Kubernetes makes for a service counts as not set") {
    for (const char* value : {"tcp://10.96.0.7:6000", "udp://10.96.0.7:6000", "sctp://10.96.0.7:6000"}) {
      const Variable made("ECE465_WORKER_PORT", value);  // the service is called ece465-worker
      const Variable course("UNIT_TEST_MASTER_PORT", value);
      CLI::App app;
      std::string port = "6000";
      CLI::App* const work = app.add_subcommand("work");
      add_text(*work, "--worker-port", port, "PORT", "")->default_str(port)->envname("UNIT_TEST_MASTER_PORT");
      Settings settings(app);
      app.parse("work");
      REQUIRE(settings.apply(*work));
      CHECK(port == "6000");
    }
  }

  TEST_CASE("an empty variable counts as not set") {
    const Variable variable("ECE465_BRUSH_SIZE", "");
    Program program;
    REQUIRE(program.run("paint"));
    CHECK(program.paint_size == 1);
  }

  TEST_CASE("switches are set and unset by words") {
    for (const char* word : {"true", "yes", "On", "1"}) {
      const Variable variable("ECE465_DRY_RUN", word);
      Program program;
      REQUIRE(program.run("paint"));
      CHECK(program.dry_run);
    }
    const Variable variable("ECE465_DRY_RUN", "yes");
    Program program;
    REQUIRE(program.run("paint --dry-run=false"));
    CHECK(!program.dry_run);
  }

  TEST_CASE("a bad value is blamed on the variable, or on file and line") {
    {
      const Variable variable("ECE465_BRUSH_SIZE", "huge");
      Program program;
      const auto result = program.run("paint");
      REQUIRE(!result);
      CHECK(result.error().text() == "ECE465_BRUSH_SIZE: --brush-size: 'huge' is no whole number; choose 1 to 99");
    }
    CHECK(what_is_wrong_with("color: red\npaint:\n  brush-size: 100\n") ==
          ":3: --brush-size: 100 is out of range; choose 1 to 99");
    CHECK(what_is_wrong_with("paint:\n  dry-run: maybe\n") == ":2: --dry-run: 'maybe' is neither true nor false");
    CHECK(what_is_wrong_with("paint: {brush-size: [1, 2]}") == ":1: --brush-size: takes one value, not a list");
  }

  TEST_CASE("what a file cannot mean is refused with its line and a remedy") {
    CHECK(what_is_wrong_with("paint:\n  brsh-size: 3\n") ==
          ":2: paint has no option brsh-size; did you mean brush-size?");
    CHECK(what_is_wrong_with("pant:\n  brush-size: 3\n") == ":1: there is no command pant; did you mean paint?");
    CHECK(what_is_wrong_with("colour: red") == ":1: unknown option or command colour; did you mean color?");
    CHECK(what_is_wrong_with("paint: 3") == ":1: paint is a command: its options belong below it, indented");
    CHECK(what_is_wrong_with("brush-size: 3") == ":1: brush-size belongs in the section of a command, such as paint");
    CHECK(what_is_wrong_with("paint:\n  color: red") ==
          ":2: color is for all commands: it belongs outside of the section paint");
    CHECK(what_is_wrong_with("color: red\ncolor: blue") == ":2: color is there twice");
    CHECK(what_is_wrong_with("color:") == ":1: color has no value");
    CHECK(what_is_wrong_with("paint:\n  brush-size: {a: 1}") == ":2: brush-size in paint is a value, not a section");
    CHECK(what_is_wrong_with("- a\n- b") == ":1: expected 'option: value' lines and one section per command");
    CHECK(what_is_wrong_with("color: a\n---\ncolor: b") == ": holds several documents ('---')");
    CHECK(what_is_wrong_with("color: 'unfinished").starts_with(":1: "));
    CHECK(what_is_wrong_with("a: [1, 2\nb: 3").starts_with(":"));
    CHECK(what_is_wrong_with("config: other.yaml").starts_with(":1: "));
  }

  TEST_CASE("an empty file, and one of comments, say nothing") {
    const TempFolder folder;
    for (const char* text : {"", "# nothing here\n", "---\n"}) {
      Program program;
      CHECK(program.run("paint", folder.write("c.yaml", text)));
    }
  }

  TEST_CASE("a file that is not there or far too large is refused") {
    const TempFolder folder;
    Program program;
    CHECK(program.run("paint", folder / "none.yaml").error().code == Errc::usage);
    const std::string large = folder.write("large.yaml", std::string(2 << 20, '#'));
    CHECK(program.settings->read_file(large).error().text().find("larger than") != std::string::npos);
  }

  TEST_CASE("a description says where values came from, and can be read back") {
    const TempFolder folder;
    const Variable variable("ECE465_COLOR", "dark: red");
    const std::string file = folder.write("c.yaml", "paint:\n  dry-run: yes\n");
    Program program;
    REQUIRE(program.run("paint --brush-size 1 --brush-size 9", file));
    const std::string text = program.settings->describe({&program.app, program.paint});
    CHECK(text == fmt::format("color: \"dark: red\"  # ECE465_COLOR\n"
                              "paint:\n"
                              "  brush-size: 9    # --brush-size\n"
                              "  dry-run: yes     # {}:2\n"
                              "  host: localhost  # default\n",
                              file));

    Program again;
    REQUIRE(again.run("paint", folder.write("again.yaml", text)));
    CHECK(again.paint_size == 9);
    CHECK(again.dry_run);
    CHECK(again.color == "dark: red");
  }
}
