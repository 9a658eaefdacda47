#include "completion/completion.hpp"

#include <doctest/doctest.h>

#include "common/options.hpp"

using namespace ece465::cli;

namespace {

/// A program with everything that completion looks at.
struct CompletedProgram {
  Command app{"ece465", ""};
  std::string file, mode = "b", input;

  CompletedProgram() {
    add_text(app, "--config", file, "FILE", "Where it's written; more");
    Command& run = app.add_command("run", "Run it\nand more", {});
    add_choice(run, "-m,--mode", mode, Choices<std::string>{{"a", "a"}, {"b", "b"}}, "How");
    add_text(run, "IN", input, "FILE|FOLDER", "");
    app.add_command("stop", "Stop", {});
    app.add_command("secret", "Not listed", {}).hidden = true;
  }
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("completion") {
  TEST_CASE("bash completes commands, options, choices and paths") {
    const CompletedProgram program;
    const std::string script = bash_completion(program.app);
    CHECK(contains(script, "run|stop) command="));
    CHECK(contains(script, "run:-m|run:--mode) _ece465_words 'a b'; return ;;"));
    CHECK(contains(script, "run:--config) _ece465_paths; return ;;"));
    CHECK(contains(script, "    run) _ece465_paths ;;"));
    CHECK(contains(script, "complete -F _ece465 ece465"));
  }

  TEST_CASE("zsh and fish do, too, and quotes in descriptions are escaped") {
    const CompletedProgram program;
    const std::string zsh = zsh_completion(program.app);
    CHECK(zsh.starts_with("#compdef ece465"));
    CHECK(contains(zsh, "'--config=[Where it'\\''s written]:value:_files'"));
    CHECK(contains(zsh, "'--mode=[How]:value:(a b)'"));
    CHECK(contains(zsh, "'run:Run it'"));
    const std::string fish = fish_completion(program.app);
    CHECK(contains(fish, "complete -c ece465 -n '__fish_seen_subcommand_from run' -s m -l mode -x -a 'a b' -d 'How'"));
    CHECK(contains(fish, "-l config -r -F -d 'Where it'\\''s written'"));
  }
}
