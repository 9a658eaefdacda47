#include "command.hpp"

#include <algorithm>
#include <iterator>

#include "console.hpp"

namespace ece465::cli {

std::vector<std::string> Option::spellings() const {
  std::vector<std::string> all;
  if (!short_name.empty()) all.push_back("-" + short_name);
  if (!positional) all.push_back("--" + name);
  return all;
}

Command& Command::add_command(std::string command_name, std::string text, Action action) {
  Command& command = commands.emplace_back(std::move(command_name), std::move(text));
  command.parent = this;
  command.run = std::move(action);
  return command;
}

Option& Command::add(std::string_view names, Arity arity, std::string type, std::string text) {
  Option& option = options.emplace_back();
  const auto dashes = names.find("--");
  option.positional = dashes == std::string_view::npos;
  option.name = option.positional ? names : names.substr(dashes + 2);
  if (names.starts_with('-') && dashes > 0) option.short_name = names.substr(1, 1);
  option.arity = arity;
  option.type = std::move(type);
  option.description = std::move(text);
  option.group = current_group;
  return option;
}

const Option* Command::positional() const {
  const auto found = std::ranges::find_if(options, &Option::positional);
  return found == options.end() ? nullptr : &*found;
}

std::vector<const Option*> Command::all_options() const {
  std::vector<const Option*> all;
  for (const Command* command = this; command != nullptr; command = command->parent) {
    for (const Option& option : command->options) {
      if (!option.positional) all.push_back(&option);
    }
  }
  return all;
}

std::vector<const Command*> Command::listed_commands() const {
  std::vector<const Command*> listed;
  for (const Command& command : commands) {
    if (!command.hidden) listed.push_back(&command);
  }
  return listed;
}

Command* Command::find_command(std::string_view command_name) {
  const auto found = std::ranges::find(commands, command_name, &Command::name);
  return found == commands.end() ? nullptr : &*found;
}

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

}  // namespace ece465::cli
