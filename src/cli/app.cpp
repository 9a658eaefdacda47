#include "ece465/cli/app.hpp"

#include <algorithm>

#include "commands.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/image/kernel_choice.hpp"
#include "common/help.hpp"
#include "lab_commands.hpp"
#include "common/options.hpp"
#include "common/settings.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

constexpr const char* kAppDescription = "A distributed-systems course made real, around a distributed image processor";

constexpr const char* kAppFooter =
    "Every option can also be set by the environment and in a file. --some-option of a command is "
    "ECE465_COMMAND_SOME_OPTION, or ECE465_SOME_OPTION for every command that has it, and the key some-option in "
    "the command's section of the file. The command line wins over the environment, the environment over the "
    "file; --print-config shows what came from where.\n"
    "\n"
    "Exit codes:\n"
    "  0 done   1 failed   2 wrong usage   3 bad input   4 peer unavailable   130 interrupted\n"
    "\n"
    "Examples:\n"
    "  ece465 equalize photo.jpg             writes photo_equalized.jpg beside it\n"
    "  ece465 histogram photo.jpg            shows levels before and after\n"
    "  ece465 dine                           dines with five philosophers, as threads\n"
    "  ece465 COMMAND --help                 says all about a command\n";

/// What can be given with every command.
struct Globals {
  std::string config;
  ColorMode color = ColorMode::automatic;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
  std::string kernel = "auto";
  bool print_config = false;
};

void setup_globals(CLI::App& app, Globals& globals) {
  app.set_help_flag("-h,--help", "Show this help")->group(kGlobalGroup);
  app.set_version_flag("--version", "ece465 " ECE465_VERSION, "Show the version")->group(kGlobalGroup);
  add_text(app, "--config", globals.config, "FILE", "Read options from a YAML file")->group(kGlobalGroup);
  const Choices<ColorMode> colors{
      {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
  add_choice(app, "--color", globals.color, colors,
             "Colours; auto: on terminals, unless NO_COLOR is set or TERM is dumb")
      ->group(kGlobalGroup);
  const Choices<LogLevel> levels{
      {"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warn", LogLevel::warn}, {"error", LogLevel::error}};
  add_choice(app, "--log-level", globals.log_level, levels, "What long-running commands log, at least so important")
      ->group(kGlobalGroup);
  const Choices<LogFormat> formats{{"text", LogFormat::text}, {"json", LogFormat::json}};
  add_choice(app, "--log-format", globals.log_format, formats,
             "How they log, one line per event on standard error: text with key=value, or JSON objects")
      ->group(kGlobalGroup);
  add_text(app, "--kernel", globals.kernel, "NAME",
           "Instruction set of the inner loops, to measure or to rule one out (ECE465_KERNEL does, too); auto: the "
           "best that this CPU has")
      ->default_str(globals.kernel)
      ->group(kGlobalGroup);
  add_switch(app, "--print-config", globals.print_config, "Show every option's value and where it came from, and stop")
      ->group(kGlobalGroup);
}

/// CLI11 takes an argument like `[a,b]` for a list. A path that looks so is spelled `./[a,b]` instead.
std::vector<std::string> arguments(int argc, const char* const* argv) {
  std::vector<std::string> all;
  for (int i = argc - 1; i > 0; --i) {  // in reverse, as CLI11 wants them
    std::string argument(argv[i]);
    if (argument.starts_with('[') && argument.ends_with(']')) argument.insert(0, "./");
    all.push_back(std::move(argument));
  }
  return all;
}

CLI::App* chosen_command(CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? nullptr : commands[0];
}

std::string see_help(const CLI::App* command) {
  return command == nullptr ? "'ece465 --help' lists all"
                            : fmt::format("'ece465 {} --help' lists all", command->get_name());
}

/// What to say of an argument that nothing has a use for.
Error unexpected_argument(const std::string& argument, CLI::App& app, const CLI::App* command) {
  std::vector<std::string> candidates;
  if (argument.starts_with('-') && argument.size() > 1) {
    for (const CLI::Option* option : options_of(command == nullptr ? app : *command)) {
      for (const auto& name : option->get_lnames()) candidates.push_back("--" + name);
    }
    const std::string name = argument.substr(0, argument.find('='));
    const std::string hint = did_you_mean(name, candidates);
    return {Errc::usage, fmt::format("unknown option {}{}", name, hint.empty() ? "; " + see_help(command) : hint)};
  }
  if (command != nullptr) {
    return {Errc::usage,
            fmt::format("{}: unexpected argument {}; {}", command->get_name(), argument, see_help(command))};
  }
  if (image::format_of_name(argument)) {
    return {Errc::usage, fmt::format("{} is no command; try 'ece465 equalize {}'", argument, argument)};
  }
  for (const CLI::App* known : app.get_subcommands({})) candidates.push_back(known->get_name());
  const std::string hint = did_you_mean(argument, candidates);
  return {Errc::usage, fmt::format("unknown command {}{}", argument, hint.empty() ? "; " + see_help(nullptr) : hint)};
}

/// CLI11's words for a value that is missing ("--quality: 1 required N missing"), in ours.
Error wrong_usage(const CLI::ParseError& error, const CLI::App* command) {
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return {Errc::usage, fmt::format("{}: a value is missing; {}", what.substr(0, what.find(':')), see_help(command))};
  }
  return {Errc::usage, what};
}

/// Parses; what is left to do when that already was all (help, version) or was wrong is an exit code.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, Console& console) {
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* command = chosen_command(app);
    console.print(help_text(command == nullptr ? app : *command, console.out_width(), console.out_paint()));
    return kExitOk;
  } catch (const CLI::CallForVersion&) {
    console.print("ece465 " ECE465_VERSION "\n");
    return kExitOk;
  } catch (const CLI::ParseError& e) {
    return report_error(console, wrong_usage(e, chosen_command(app)));
  }
  return std::nullopt;
}

/// `ece465 help [COMMAND]`, and everything that was left over after parsing.
std::optional<int> handle_extras(CLI::App& app, Console& console) {
  const CLI::App* command = chosen_command(app);
  auto extras = app.remaining(true);
  std::erase(extras, "--");  // said its word already: no options from there on
  if (extras.empty()) return std::nullopt;
  if (extras[0] == "help") {
    if (command == nullptr && extras.size() > 1) {
      return report_error(console, unexpected_argument(extras[1], app, nullptr));
    }
    console.print(help_text(command == nullptr ? app : *command, console.out_width(), console.out_paint()));
    return kExitOk;
  }
  const auto option = std::ranges::find_if(extras, [](const auto& e) { return e.size() > 1 && e.starts_with('-'); });
  return report_error(console, unexpected_argument(option != extras.end() ? *option : extras[0], app, command));
}

/// Environment and file, for what the command line left open.
Result<void> fill_in(CLI::App& app, Settings& settings, const Globals& globals,
                     const std::vector<CLI::App*>& commands) {
  ECE465_TRY(settings.apply(app));  // the environment may name the file
  if (!globals.config.empty()) ECE465_TRY(settings.read_file(globals.config));
  ECE465_TRY(settings.apply(app));
  for (CLI::App* command : commands) ECE465_TRY(settings.apply(*command));
  return {};
}

int run_chosen(CLI::App& app, Globals& globals, const Action& action, const Prelude& prelude, Settings& settings,
               Console& console, std::stop_token stop, const std::function<void()>& start_threads) {
  CLI::App* const command = chosen_command(app);
  std::vector<CLI::App*> commands{command};
  if (command == nullptr) commands = app.get_subcommands({});
  if (auto filled = fill_in(app, settings, globals, commands); !filled) return report_error(console, filled.error());
  console.set_color(globals.color);
  console.set_log(globals.log_level, globals.log_format);
  if (globals.kernel != "auto") {
    // A wrong name is an error rather than a silent fallback, which would spoil a measurement.
    if (auto known = image::choose_kernels(globals.kernel); !known) {
      return report_error(console, about("--kernel", known.error()).error());
    }
  }
  if (globals.print_config) {
    commands.insert(commands.begin(), &app);
    console.print(settings.describe(commands));
    return kExitOk;
  }
  if (command == nullptr) {
    console.print(help_text(app, console.out_width(), console.out_paint()));
    return kExitOk;
  }
  if (prelude) {
    if (auto done = prelude(console); !done) return report_error(console, done.error());
  }
  start_threads();
  return action(console, std::move(stop));
}

}  // namespace

int exit_code(Errc code) {
  switch (code) {
    case Errc::usage: return kExitUsage;
    case Errc::bad_input:
    case Errc::not_found:
    case Errc::unsupported:
    case Errc::too_large:
    case Errc::corrupt: return 3;
    case Errc::timeout:
    case Errc::unavailable: return 4;
    case Errc::cancelled: return kExitInterrupted;
    case Errc::io:
    case Errc::no_space:
    case Errc::internal: return kExitFailed;
  }
  return kExitFailed;
}

int report_error(Console& console, const Error& error) {
  if (!error.text().empty()) console.error(error.text());
  return exit_code(error.code);
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description, Action& chosen,
                      Action run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "Show this help")->group(kGlobalGroup);
  // Global options may follow the command; what nobody knows ends up in remaining(), for a message of ours.
  command->fallthrough()->allow_extras();
  command->callback([&chosen, run = std::move(run)] { chosen = run; });
  return command;
}

int run(int argc, const char* const* argv, std::stop_token stop, const std::function<void()>& start_threads) {
  Console console;
  CLI::App app(kAppDescription, "ece465");
  app.footer(kAppFooter);
  // At most one: a file that is called like a command is an input once a command was chosen.
  app.require_subcommand(0, 1);
  app.allow_extras();
  Globals globals;
  setup_globals(app, globals);
  Action chosen;
  Prelude prelude;
  setup_equalize(app, chosen);
  setup_histogram(app, chosen);
  setup_master(app, chosen);
  setup_worker(app, chosen);
  setup_submit(app, chosen);
  setup_status(app, chosen);
  setup_health(app, chosen);
  setup_dine(app, chosen, prelude);
  setup_serve(app, chosen);
  setup_client(app, chosen);
  setup_prodcon(app, chosen);
  setup_mapreduce(app, chosen);
  setup_marshal(app, chosen);
  setup_completion(app, chosen);
  setup_version(app, chosen);
  Settings settings(app);

  std::optional<int> code = parse(app, argc, argv, console);
  if (!code) code = handle_extras(app, console);
  if (!code) code = run_chosen(app, globals, chosen, prelude, settings, console, std::move(stop), start_threads);

  if (auto output = console.output_result(); !output && *code == kExitOk) return report_error(console, output.error());
  return *code;
}

}  // namespace ece465::cli
