#include "common/settings.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): setenv is POSIX

#include <iterator>
#include <sstream>

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

/// Parses words separated by spaces.
Result<CommandLine> parse(Command& program, const std::string& arguments) {
  std::istringstream words(arguments);
  return parse_command_line(program, {std::istream_iterator<std::string>(words), {}});
}

/// A small program: a global option and two commands.
struct SettingsProgram {
  Command app{"program", ""};
  std::string color = "auto", host = "localhost";
  int paint_size = 1, draw_size = 2;
  bool dry_run = false;
  Command* paint;
  std::optional<Settings> settings;

  SettingsProgram() {
    add_text(app, "--color", color, "WORD", "");
    paint = &app.add_command("paint", "", {});
    add_number(*paint, "--brush-size", paint_size, 1, 99, "");
    add_switch(*paint, "--dry-run", dry_run, "");
    add_text(*paint, "--host", host, "HOST", "").with_variable("UNIT_TEST_MASTER_HOST");
    add_number(app.add_command("draw", "", {}), "--brush-size", draw_size, 1, 99, "");
    settings.emplace(app);
  }

  /// Parses, then fills in as the program does.
  Result<void> run(const std::string& arguments, const std::string& file = {}) {
    REQUIRE(parse(app, arguments));
    if (!file.empty()) ECE465_TRY(settings->read_file(file));
    ECE465_TRY(settings->apply(app));
    return settings->apply(*paint);
  }
};

std::string what_is_wrong_with(const std::string& yaml) {
  const TempFolder folder;
  const std::string file = folder.write("c.yaml", yaml);
  SettingsProgram program;
  const auto result = program.run("paint", file);
  REQUIRE(!result);
  CHECK(result.error().code == Errc::usage);
  REQUIRE(result.error().text().starts_with(file));
  return result.error().text().substr(file.size());
}

}  // namespace

TEST_SUITE("settings") {
  TEST_CASE("the command line overrides the environment, which overrides the file, which overrides the default") {
    const TempFolder folder;
    const std::string file = folder.write("c.yaml", "paint:\n  brush-size: 5\n");
    {
      SettingsProgram program;
      REQUIRE(program.run("paint"));
      CHECK(program.paint_size == 1);
    }
    {
      SettingsProgram program;
      REQUIRE(program.run("paint", file));
      CHECK(program.paint_size == 5);
    }
    const Variable variable("ECE465_PAINT_BRUSH_SIZE", "6");
    {
      SettingsProgram program;
      REQUIRE(program.run("paint", file));
      CHECK(program.paint_size == 6);
    }
    {
      SettingsProgram program;
      REQUIRE(program.run("paint --brush-size 7", file));
      CHECK(program.paint_size == 7);
    }
  }

  TEST_CASE("a variable for one command overrides one for all, and both override a further name") {
    const Variable foreign("UNIT_TEST_MASTER_HOST", "course");
    {
      SettingsProgram program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "course");
    }
    const Variable all("ECE465_HOST", "all");
    {
      SettingsProgram program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "all");
    }
    const Variable one("ECE465_PAINT_HOST", "one");
    {
      SettingsProgram program;
      REQUIRE(program.run("paint"));
      CHECK(program.host == "one");
      CHECK(variables_of(*program.paint, program.paint->options.back()) ==
            std::vector<std::string>{"ECE465_PAINT_HOST", "ECE465_HOST", "UNIT_TEST_MASTER_HOST"});
    }
  }

  TEST_CASE("a HOST:PORT may come from two variables, one of which may be missing") {
    const auto master = [](const std::string& arguments, const std::string& file = {}) {
      Command app("program", "");
      std::string address = "127.0.0.1:6000";
      Command& work = app.add_command("work", "", {});
      add_text(work, "--master", address, "HOST:PORT", "").with_variable("UNIT_TEST_MASTER_HOST:UNIT_TEST_MASTER_PORT");
      Settings settings(app);
      REQUIRE(parse(app, arguments));
      if (!file.empty()) REQUIRE(settings.read_file(file));
      REQUIRE(settings.apply(work));
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
    const Variable set_by_kubernetes("UNIT_TEST_MASTER_PORT", "tcp://10.96.0.7:6000");
    CHECK(master("work") == "far:6000");
    const Variable ours("ECE465_WORK_MASTER", "ours:1");
    CHECK(master("work") == "ours:1");
  }

  TEST_CASE("a variable that Kubernetes sets for a service counts as not set") {
    for (const char* value : {"tcp://10.96.0.7:6000", "udp://10.96.0.7:6000", "sctp://10.96.0.7:6000"}) {
      const Variable made("ECE465_WORKER_PORT", value);  // the service is called ece465-worker
      const Variable course("UNIT_TEST_MASTER_PORT", value);
      Command app("program", "");
      std::string port = "6000";
      Command& work = app.add_command("work", "", {});
      add_text(work, "--worker-port", port, "PORT", "").with_variable("UNIT_TEST_MASTER_PORT");
      Settings settings(app);
      REQUIRE(parse(app, "work"));
      REQUIRE(settings.apply(work));
      CHECK(port == "6000");
    }
  }

  TEST_CASE("an empty variable counts as not set") {
    const Variable variable("ECE465_BRUSH_SIZE", "");
    SettingsProgram program;
    REQUIRE(program.run("paint"));
    CHECK(program.paint_size == 1);
  }

  TEST_CASE("switches are set and unset by words") {
    for (const char* word : {"true", "yes", "On", "1"}) {
      const Variable variable("ECE465_DRY_RUN", word);
      SettingsProgram program;
      REQUIRE(program.run("paint"));
      CHECK(program.dry_run);
    }
    const Variable variable("ECE465_DRY_RUN", "yes");
    SettingsProgram program;
    REQUIRE(program.run("paint --dry-run=false"));
    CHECK(!program.dry_run);
  }

  TEST_CASE("an invalid value is reported with its variable, or file and line") {
    {
      const Variable variable("ECE465_BRUSH_SIZE", "huge");
      SettingsProgram program;
      const auto result = program.run("paint");
      REQUIRE(!result);
      CHECK(result.error().text() == "ECE465_BRUSH_SIZE: --brush-size: 'huge' is not a whole number; choose 1 to 99");
    }
    CHECK(what_is_wrong_with("color: red\npaint:\n  brush-size: 100\n") ==
          ":3: --brush-size: 100 is out of range; choose 1 to 99");
    CHECK(what_is_wrong_with("paint:\n  dry-run: maybe\n") == ":2: --dry-run: 'maybe' is neither true nor false");
    CHECK(what_is_wrong_with("paint: {brush-size: [1, 2]}") == ":1: --brush-size: takes one value, not a list");
  }

  TEST_CASE("invalid content of a file is refused with its line and a remedy") {
    CHECK(what_is_wrong_with("paint:\n  brsh-size: 3\n") ==
          ":2: paint has no option brsh-size; did you mean brush-size?");
    CHECK(what_is_wrong_with("pant:\n  brush-size: 3\n") == ":1: unknown command pant; did you mean paint?");
    CHECK(what_is_wrong_with("colour: red") == ":1: unknown option or command colour; did you mean color?");
    CHECK(what_is_wrong_with("paint: 3") == ":1: paint is a command: indent its options below it");
    CHECK(what_is_wrong_with("brush-size: 3") ==
          ":1: brush-size belongs in the section of a command, for example paint");
    CHECK(what_is_wrong_with("paint:\n  color: red") ==
          ":2: color applies to all commands: move it out of the section paint");
    CHECK(what_is_wrong_with("color: red\ncolor: blue") == ":2: duplicate key color");
    CHECK(what_is_wrong_with("color:") == ":1: color has no value");
    CHECK(what_is_wrong_with("paint:\n  brush-size: {a: 1}") ==
          ":2: brush-size in paint must be a value, not a section");
    CHECK(what_is_wrong_with("- a\n- b") == ":1: expected 'option: value' lines and one section per command");
    CHECK(what_is_wrong_with("color: a\n---\ncolor: b") == ": contains several documents ('---')");
    CHECK(what_is_wrong_with("color: 'unfinished").starts_with(":1: "));
    CHECK(what_is_wrong_with("a: [1, 2\nb: 3").starts_with(":"));
    CHECK(what_is_wrong_with("config: other.yaml").starts_with(":1: "));
  }

  TEST_CASE("an empty file, and one with only comments, is accepted") {
    const TempFolder folder;
    for (const char* text : {"", "# nothing here\n", "---\n"}) {
      SettingsProgram program;
      CHECK(program.run("paint", folder.write("c.yaml", text)));
    }
  }

  TEST_CASE("a missing file and one that is far too large are refused") {
    const TempFolder folder;
    SettingsProgram program;
    CHECK(program.run("paint", folder / "none.yaml").error().code == Errc::usage);
    const std::string large = folder.write("large.yaml", std::string(2 << 20, '#'));
    CHECK(program.settings->read_file(large).error().text().find("larger than") != std::string::npos);
  }

  TEST_CASE("a description shows the origin of values, and can be read back") {
    const TempFolder folder;
    const Variable variable("ECE465_COLOR", "dark: red");
    const std::string file = folder.write("c.yaml", "paint:\n  dry-run: yes\n");
    SettingsProgram program;
    REQUIRE(program.run("paint --brush-size 1 --brush-size 9", file));
    const std::string text = program.settings->describe({&program.app, program.paint});
    CHECK(text == fmt::format("color: \"dark: red\"  # ECE465_COLOR\n"
                              "paint:\n"
                              "  brush-size: 9    # --brush-size\n"
                              "  dry-run: yes     # {}:2\n"
                              "  host: localhost  # default\n",
                              file));

    SettingsProgram again;
    REQUIRE(again.run("paint", folder.write("again.yaml", text)));
    CHECK(again.paint_size == 9);
    CHECK(again.dry_run);
    CHECK(again.color == "dark: red");
  }
}
