#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// The command tree: what the program's commands are called, what options they take and what runs them. Parsing, help,
/// completion, man pages, the environment, configuration files and --print-config are all derived from it.
///
/// Commands do not include CLI11: its header takes 8 seconds to compile. Only parse.cpp does.

namespace ece465::cli {

class Console;

/// How many values an option takes.
enum class Arity : std::uint8_t {
  none,      ///< a switch
  one,       ///< given twice, the last one counts
  optional,  ///< one or none, as `--watch [SECONDS]`
  many,
};

/// An option, a switch, or the positional argument of a command.
struct Option {
  std::string name;        ///< without dashes
  std::string short_name;  ///< without its dash; empty: none
  bool positional = false;
  Arity arity = Arity::one;
  /// Either choices in lower case ("luma|gray|each"), or a kind in upper case. FILE and FOLDER are paths.
  std::string type;
  std::string description;
  std::string group;         ///< heading in the help
  std::string default_text;  ///< as a user would write it; empty: no default
  /// A further environment variable that sets it; "A_HOST:A_PORT" for a HOST:PORT that two variables make up.
  std::string variable;
  /// Parses values and stores them in the variable that the option is bound to. A switch takes one word: see
  /// parse_bool.
  std::function<Result<void>(std::span<const std::string>)> assign;
  /// The values on the command line, for a switch "true" or "false"; empty: not given there.
  std::vector<std::string> given;

  Option& with_default(std::string text) { return default_text = std::move(text), *this; }
  Option& with_variable(std::string name_of_it) { return variable = std::move(name_of_it), *this; }

  [[nodiscard]] bool takes_value() const { return arity != Arity::none; }
  /// "--name", or a positional's name.
  [[nodiscard]] std::string label() const { return positional ? name : "--" + name; }
  /// Every way to write it, dashes included: "-q", "--quiet".
  [[nodiscard]] std::vector<std::string> spellings() const;
};

/// What runs a command; returns the exit code. Called after the environment and the configuration file have filled in
/// what the command line left open.
using Action = std::function<int(Console&, std::stop_token)>;
/// What a command does before its Action, while the process still has one thread: forking.
using Prepare = std::function<Result<void>(Console&)>;

/// A command, or the program itself, which is the root of the tree.
struct Command {
  Command(std::string command_name, std::string text) : name(std::move(command_name)), description(std::move(text)) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  std::string name;
  std::string description;  ///< a summary line, then paragraphs if any
  /// Paragraphs; a line that ends in ':' is a heading, one that begins with a space is shown as it is.
  std::string footer;
  bool hidden = false;  ///< not listed in help and completions
  Action run;
  Prepare prepare;
  const Command* parent = nullptr;  ///< null: the program
  std::list<Option> options;        // lists: references to their elements stay valid
  std::list<Command> commands;
  std::string current_group;  ///< of options added from now on

  Command& add_command(std::string command_name, std::string text, Action action);
  /// Adds an option: "-o,--output", "--force", or a positional "IN".
  Option& add(std::string_view names, Arity arity, std::string type, std::string text);

  /// The first line of the description.
  [[nodiscard]] std::string summary() const { return description.substr(0, description.find('\n')); }
  /// The positional, or null.
  [[nodiscard]] const Option* positional() const;
  /// All options that can be given after the command's name: its own, then those of the program.
  [[nodiscard]] std::vector<const Option*> all_options() const;
  /// The subcommands that are not hidden.
  [[nodiscard]] std::vector<const Command*> listed_commands() const;
  [[nodiscard]] Command* find_command(std::string_view command_name);
};

/// What a command line asks for.
struct CommandLine {
  enum class Request : std::uint8_t { run, help, version };
  Request request = Request::run;
  Command* command = nullptr;         ///< null: it names none
  std::vector<std::string> leftover;  ///< arguments that nothing takes
};

/// Parses the arguments (without the program's name) and assigns the values of options. Fails with `usage`.
[[nodiscard]] Result<CommandLine> parse_command_line(Command& program, std::vector<std::string> arguments);
/// "see ... --help", the end of a usage error about `command`; null: the program.
[[nodiscard]] std::string see_help(const Command* command);
/// The version of CLI11, which does the parsing.
[[nodiscard]] std::string_view parser_version();

constexpr int kExitOk = 0, kExitFailed = 1, kExitUsage = 2, kExitInterrupted = 130;

/// The exit code for an error.
[[nodiscard]] int exit_code(Errc code);
/// Prints an error and returns its exit code.
int report_error(Console& console, const Error& error);

}  // namespace ece465::cli
