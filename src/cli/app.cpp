#include "ece465/cli/app.hpp"

#include <algorithm>
#include <optional>

#include "commands.hpp"
#include "common/console.hpp"
#include "common/help.hpp"
#include "common/options.hpp"
#include "common/settings.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/image/kernel_choice.hpp"

namespace ece465::cli {
namespace {

constexpr const char* kDescription =
    "Equalize images on one machine or a cluster, and run the labs of a distributed-systems course";

constexpr const char* kFooter =
    "Every option can also be set by an environment variable or in a configuration file. --some-option of a command "
    "is ECE465_COMMAND_SOME_OPTION, or ECE465_SOME_OPTION for every command that has it, and the key some-option in "
    "the command's section of the file. The command line overrides the environment, which overrides the file. "
    "--print-config shows the origin of each value.\n"
    "\n"
    "Exit codes:\n"
    "  0     success\n"
    "  1     failure\n"
    "  2     invalid usage\n"
    "  3     invalid input\n"
    "  4     peer unavailable, or timeout\n"
    "  130   interrupted\n"
    "\n"
    "Examples:\n"
    "  ece465 equalize photo.jpg   write photo_equalized.jpg beside it\n"
    "  ece465 histogram photo.jpg  show its levels before and after\n"
    "  ece465 dine                 run the dining philosophers as five threads\n"
    "  ece465 COMMAND --help       show the help of a command\n";

/// Options that every command takes.
struct Globals {
  std::string config;
  ColorMode color = ColorMode::automatic;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string kernel = "auto";
  bool print_config = false;
};

void add_globals(Command& program, Globals& globals) {
  program.current_group = "Global options";
  program.add("-h,--help", Arity::none, "", "Show this help");
  program.add("--version", Arity::none, "", "Show the version");
  add_text(program, "--config", globals.config, "FILE", "Read options from a YAML file");
  const Choices<ColorMode> colors{
      {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
  add_choice(program, "--color", globals.color, colors,
             "Use colors; auto: on a terminal, unless NO_COLOR is set or TERM is dumb");
  const Choices<LogLevel> levels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  add_choice(program, "--log-level", globals.log_level, levels, "Minimum severity of log lines");
  const Choices<LogFormat> formats{{"text", LogFormat::text}, {"json", LogFormat::json}};
  add_choice(program, "--log-format", globals.log_format, formats,
             "Log format, one line per event on standard error: text with key=value, or JSON objects");
  add_text(program, "--kernel", globals.kernel, "NAME",
           "Instruction set of the inner loops, to measure or exclude one (ECE465_KERNEL); auto: the best that this "
           "CPU has");
  add_switch(program, "--print-config", globals.print_config, "Show every option's value and its origin, and exit");
}

/// Parsers take an argument like `[a,b]` for a list. Such a path becomes `./[a,b]`.
std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  std::vector<std::string> all;
  for (int i = 1; i < argc; ++i) {
    std::string argument(argv[i]);
    if (argument.starts_with('[') && argument.ends_with(']')) argument.insert(0, "./");
    all.push_back(std::move(argument));
  }
  return all;
}

Error unexpected_argument(const std::string& argument, const Command& program, const Command* command) {
  std::vector<std::string> candidates;
  if (argument.starts_with('-') && argument.size() > 1) {
    for (const Option* option : (command == nullptr ? program : *command).all_options()) {
      candidates.push_back(option->label());
    }
    const std::string name = argument.substr(0, argument.find('='));
    const std::string hint = did_you_mean(name, candidates);
    return {Errc::usage, fmt::format("unknown option {}{}", name, hint.empty() ? "; " + see_help(command) : hint)};
  }
  if (command != nullptr) {
    return {Errc::usage, fmt::format("{}: unexpected argument {}; {}", command->name, argument, see_help(command))};
  }
  if (image::format_of_name(argument)) {
    return {Errc::usage, fmt::format("{} is not a command; try 'ece465 equalize {}'", argument, argument)};
  }
  for (const Command* known : program.listed_commands()) candidates.push_back(known->name);
  const std::string hint = did_you_mean(argument, candidates);
  return {Errc::usage, fmt::format("unknown command {}{}", argument, hint.empty() ? "; " + see_help(nullptr) : hint)};
}

/// `ece465 help [COMMAND]`, and all that was left over after parsing.
std::optional<int> handle_leftover(const Command& program, CommandLine& line, Console& console) {
  auto& leftover = line.leftover;
  std::erase(leftover, "--");  // ended the options, which is all it is for
  if (leftover.empty()) return std::nullopt;
  if (leftover[0] == "help") {
    if (line.command == nullptr && leftover.size() > 1) {
      return report_error(console, unexpected_argument(leftover[1], program, nullptr));
    }
    line.request = CommandLine::Request::help;
    return std::nullopt;
  }
  const auto option = std::ranges::find_if(leftover, [](const auto& e) { return e.size() > 1 && e.starts_with('-'); });
  return report_error(console,
                      unexpected_argument(option != leftover.end() ? *option : leftover[0], program, line.command));
}

Result<void> apply_settings(Command& program, Settings& settings, const Globals& globals, Command* command) {
  ECE465_TRY(settings.apply(program));  // the environment may name the file
  if (!globals.config.empty()) ECE465_TRY(settings.read_file(globals.config));
  ECE465_TRY(settings.apply(program));
  if (command != nullptr) return settings.apply(*command);
  for (Command& any : program.commands) ECE465_TRY(settings.apply(any));
  return {};
}

int run_command(Command& program, Command* command, const Globals& globals, Console& console, std::stop_token stop,
                const std::function<void()>& start_threads) {
  Settings settings(program);
  if (auto done = apply_settings(program, settings, globals, command); !done) {
    return report_error(console, done.error());
  }
  console.set_color(globals.color);
  console.set_log(globals.log_level, globals.log_format);
  if (globals.kernel != "auto") {
    // An unknown name is an error: falling back silently would spoil a measurement.
    if (auto known = image::choose_kernels(globals.kernel); !known) {
      return report_error(console, about("--kernel", known.error()).error());
    }
  }
  if (globals.print_config) {
    auto shown = command == nullptr ? program.listed_commands() : std::vector<const Command*>{command};
    shown.insert(shown.begin(), &program);
    console.print(settings.describe(shown));
    return kExitOk;
  }
  if (command == nullptr) {
    console.print(help_text(program, console.out_width(), console.out_paint()));
    return kExitOk;
  }
  if (command->prepare) {
    if (auto done = command->prepare(console); !done) return report_error(console, done.error());
  }
  start_threads();
  return command->run(console, std::move(stop));
}

int run_line(Command& program, int argc, const char* const* argv, const Globals& globals, Console& console,
             std::stop_token stop, const std::function<void()>& start_threads) {
  auto line = parse_command_line(program, arguments_of(argc, argv));
  if (!line) return report_error(console, line.error());
  if (line->request == CommandLine::Request::run) {
    if (const auto code = handle_leftover(program, *line, console)) return *code;
  }
  switch (line->request) {
    case CommandLine::Request::version: console.print("ece465 " ECE465_VERSION "\n"); return kExitOk;
    case CommandLine::Request::help:
      console.print(
          help_text(line->command == nullptr ? program : *line->command, console.out_width(), console.out_paint()));
      return kExitOk;
    case CommandLine::Request::run: break;
  }
  return run_command(program, line->command, globals, console, std::move(stop), start_threads);
}

}  // namespace

int run(int argc, const char* const* argv, std::stop_token stop, const std::function<void()>& start_threads) {
  Console console;
  Command program("ece465", kDescription);
  program.footer = kFooter;
  Globals globals;
  add_globals(program, globals);
  for (const auto setup : {setup_equalize, setup_histogram, setup_master, setup_worker, setup_submit, setup_status,
                           setup_health, setup_dine, setup_serve, setup_client, setup_prodcon, setup_mapreduce,
                           setup_marshal, setup_completion, setup_version, setup_man}) {
    setup(program);
  }
  const int code = run_line(program, argc, argv, globals, console, std::move(stop), start_threads);
  if (auto output = console.output_result(); !output && code == kExitOk) return report_error(console, output.error());
  return code;
}

}  // namespace ece465::cli
