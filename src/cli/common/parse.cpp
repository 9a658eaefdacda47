#include <CLI/CLI.hpp>
#include <deque>

#include "command.hpp"

/// The only file that includes CLI11. Its exceptions end here.

namespace ece465::cli {
namespace {

std::string names_for_cli11(const Option& option) {
  std::string names;
  for (const auto& spelling : option.spellings()) names += (names.empty() ? "" : ",") + spelling;
  return names.empty() ? option.name : names;
}

/// A command tree in CLI11's terms, for one parse.
class Parser {
 public:
  explicit Parser(Command& program) : program_(program), app_("", program.name) {
    // At most one: after a command was chosen, an argument that is called like another command is an input.
    app_.require_subcommand(0, 1);
    app_.allow_extras();
    add_options(app_, program);
    for (Command& command : program.commands) {
      CLI::App* const sub = app_.add_subcommand(command.name);  // inherits --help
      // Global options may follow the command. Unknown arguments end up in remaining(), for a message of ours.
      sub->fallthrough()->allow_extras();
      add_options(*sub, command);
    }
  }

  Result<CommandLine> parse(std::vector<std::string> arguments) {
    auto request = CommandLine::Request::run;
    try {
      std::ranges::reverse(arguments);  // the order that CLI11 expects
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      request = CommandLine::Request::help;
    } catch (const CLI::CallForVersion&) {
      request = CommandLine::Request::version;
    } catch (const CLI::ArgumentMismatch& e) {  // "--quality: 1 required N missing"
      const std::string what = e.what();
      return fail(Errc::usage, "{}: a value is missing; {}", what.substr(0, what.find(':')), see_help(chosen()));
    } catch (const CLI::ParseError& e) {
      return fail(Errc::usage, "{}", e.what());
    }
    if (request == CommandLine::Request::run) {
      for (auto& [flag, option, on] : switches_) {
        if (flag->count() == 0) continue;
        option->given = {on ? "true" : "false"};
        ECE465_TRY(option->assign(option->given));
      }
    }
    return CommandLine{request, chosen(), app_.remaining(true)};
  }

 private:
  struct Switch {
    CLI::Option* flag;
    Option* option;
    bool on;
  };

  void add_options(CLI::App& app, Command& command) {
    for (Option& option : command.options) {
      const std::string names = names_for_cli11(option);
      if (option.name == "help") {
        app.set_help_flag(names);
      } else if (option.name == "version") {
        app.set_version_flag(names, "");
      } else if (option.arity == Arity::none) {
        Switch& entry = switches_.emplace_back(nullptr, &option, false);
        entry.flag = app.add_flag(names, entry.on);
      } else {
        add_option(app, names, option);
      }
    }
  }

  static void add_option(CLI::App& app, const std::string& names, Option& option) {
    const auto take = [&option](const CLI::results_t& values) {
      if (auto done = option.assign(values); !done) throw CLI::ValidationError(option.label(), done.error().text());
      option.given = values;
      return true;
    };
    CLI::Option* const added = app.add_option(names, take)->type_name(option.type);
    if (option.arity == Arity::many) {
      added->expected(CLI::detail::expected_max_vector_size);
    } else {
      added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      if (option.arity == Arity::optional) added->expected(0, 1);
    }
  }

  Command* chosen() {
    const auto subs = app_.get_subcommands();
    return subs.empty() ? nullptr : program_.find_command(subs[0]->get_name());
  }

  Command& program_;
  CLI::App app_;
  std::deque<Switch> switches_;  // CLI11 holds pointers to them
};

}  // namespace

std::string see_help(const Command* command) {
  return command == nullptr ? "'ece465 --help' lists all" : fmt::format("'ece465 {} --help' lists all", command->name);
}

Result<CommandLine> parse_command_line(Command& program, std::vector<std::string> arguments) {
  return Parser(program).parse(std::move(arguments));
}

std::string_view parser_version() { return CLI11_VERSION; }

}  // namespace ece465::cli
