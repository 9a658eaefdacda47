#include "completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <vector>

#include "commands.hpp"
#include "common/console.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

/// What can follow an option: one of some words, a path, or anything.
struct Values {
  std::vector<std::string> choices;
  bool path = false;
};

/// Reads `Option::type`.
Values values_of(const Option& option) {
  const std::string& type = option.type;
  Values values;
  values.path = type.find("FILE") != std::string::npos || type.find("FOLDER") != std::string::npos;
  if (type.empty() || std::islower(static_cast<unsigned char>(type[0])) == 0) return values;
  for (std::size_t at = 0; at <= type.size();) {
    const std::size_t end = std::min(type.find('|', at), type.size());
    values.choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return values;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// The first clause of a description: menus show one line.
std::string brief(const std::string& description) {
  return description.substr(0, std::min(description.find_first_of(";:.\n"), description.find(" (")));
}

/// In single quotes, for any shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// ---- bash

/// The case branches that say what may follow an option or stand as a command's positional.
std::string bash_values(const Command& command, const std::string& name) {
  std::string out;
  for (const Option* option : command.all_options()) {
    if (!option->takes_value()) continue;
    std::vector<std::string> patterns;
    for (const auto& spelling : option->spellings()) patterns.push_back(name + ":" + spelling);
    const Values values = values_of(*option);
    const std::string what = values.path              ? "_ece465_paths"
                             : values.choices.empty() ? "return"
                                                      : "_ece465_words '" + joined(values.choices) + "'";
    out += fmt::format("    {}) {}; return ;;\n", fmt::join(patterns, "|"), what);
  }
  return out;
}

std::string bash_words(const Command& command) {
  std::vector<std::string> words;
  for (const Option* option : command.all_options()) {
    for (auto& spelling : option->spellings()) words.push_back(std::move(spelling));
  }
  return joined(words);
}

}  // namespace

std::string bash_completion(const Command& program) {
  std::vector<std::string> names;
  std::string values = bash_values(program, "");
  std::string words = fmt::format("    '') options='{}' ;;\n", bash_words(program));
  std::string positionals;
  for (const Command* command : program.listed_commands()) {
    const std::string& name = command->name;
    names.push_back(name);
    values += bash_values(*command, name);
    words += fmt::format("    {}) options='{}' ;;\n", name, bash_words(*command));
    if (const Option* positional = command->positional()) {
      const Values of = values_of(*positional);
      if (of.path) positionals += fmt::format("    {}) _ece465_paths ;;\n", name);
      if (!of.choices.empty()) {
        positionals += fmt::format("    {}) _ece465_words '{}' ;;\n", name, joined(of.choices));
      }
    }
  }
  return fmt::format(R"(# bash completion for ece465. Load it with:  source <(ece465 completion bash)

_ece465_words() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }}
_ece465_paths() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); }}

_ece465() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command= options= i
  # bash cuts --option=value at the '='
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {}) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  COMPREPLY=()
  case $command:$prev in
{}  esac
  case $command in
{}  esac
  if [[ $cur == -* ]]; then _ece465_words "$options"; return; fi
  case $command in
    '') _ece465_words '{}' ;;
{}  esac
}}
complete -F _ece465 ece465
)",
                     fmt::join(names, "|"), values, words, joined(names), positionals);
}

// ---- zsh

namespace {

/// Text inside an _arguments specification, where ':', '[' and ']' mean something.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Values& values) {
  if (values.path) return "_files";
  return values.choices.empty() ? " " : "(" + joined(values.choices) + ")";
}

std::string zsh_arguments(const Command& command) {
  std::string out;
  for (const Option* option : command.all_options()) {
    for (const auto& spelling : option->spellings()) {
      std::string spec = spelling;
      if (option->takes_value()) spec += spelling.starts_with("--") ? "=" : "+";
      spec += "[" + zsh_text(brief(option->description)) + "]";
      if (option->takes_value()) spec += ":value:" + zsh_action(values_of(*option));
      out += " \\\n        " + shell_quoted(spec);
    }
  }
  if (const Option* positional = command.positional()) {
    const bool many = positional->arity == Arity::many;
    out += " \\\n        " + shell_quoted(std::string(many ? "*" : "1") + ":" + zsh_text(positional->name) + ":" +
                                          zsh_action(values_of(*positional)));
  }
  return out;
}

}  // namespace

std::string zsh_completion(const Command& program) {
  std::string commands, branches;
  for (const Command* command : program.listed_commands()) {
    commands += "    " + shell_quoted(zsh_text(command->name) + ":" + brief(command->summary())) + "\n";
    branches += fmt::format("      {})\n      _arguments{}\n      ;;\n", command->name, zsh_arguments(*command));
  }
  return fmt::format(R"(#compdef ece465
# zsh completion for ece465. Put it into a folder of your $fpath as _ece465, or load it with:
#   source <(ece465 completion zsh)

_ece465() {{
  local curcontext=$curcontext state line
  local -a commands
  commands=(
{}  )
  _arguments -C{} \
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
{}      esac ;;
  esac
}}

if [[ $funcstack[1] == _ece465 ]]; then _ece465 "$@"; else compdef _ece465 ece465; fi
)",
                     commands, zsh_arguments(program), branches);
}

// ---- fish

namespace {

std::string fish_option(const Option& option, const std::string& condition) {
  std::string line = "complete -c ece465" + condition;
  if (!option.short_name.empty()) line += " -s " + option.short_name;
  line += " -l " + option.name;
  if (option.takes_value()) {
    const Values values = values_of(option);
    line += values.path ? " -r -F" : " -x";
    if (!values.choices.empty()) line += " -a " + shell_quoted(joined(values.choices));
  }
  return line + " -d " + shell_quoted(brief(option.description)) + "\n";
}

}  // namespace

std::string fish_completion(const Command& program) {
  std::string out =
      "# fish completion for ece465. Load it with:  ece465 completion fish | source\n"
      "\n"
      "complete -c ece465 -f\n";
  for (const Option* option : program.all_options()) out += fish_option(*option, "");
  for (const Command* command : program.listed_commands()) {
    out += fmt::format("\ncomplete -c ece465 -n __fish_use_subcommand -a {} -d {}\n", command->name,
                       shell_quoted(brief(command->summary())));
    const std::string condition = " -n '__fish_seen_subcommand_from " + command->name + "'";
    for (const Option& option : command->options) {
      if (option.positional) {
        const Values values = values_of(option);
        if (values.path) out += "complete -c ece465" + condition + " -F\n";
        if (!values.choices.empty()) {
          out += "complete -c ece465" + condition + " -a " + shell_quoted(joined(values.choices)) + "\n";
        }
      } else {
        out += fish_option(option, condition);
      }
    }
  }
  return out;
}

namespace {

enum class Shell { bash, zsh, fish };

std::string completion_for(Shell shell, const Command& program) {
  switch (shell) {
    case Shell::bash: return bash_completion(program);
    case Shell::zsh: return zsh_completion(program);
    case Shell::fish: return fish_completion(program);
  }
  return {};
}

}  // namespace

void setup_completion(Command& program) {
  const auto shell = std::make_shared<std::optional<Shell>>();
  Command& command = program.add_command(
      "completion", "Print a completion script for a shell",
      [shell, &program](Console& console, const std::stop_token&) {
        if (!*shell) {
          return report_error(console, {Errc::usage, "completion: no shell; choose bash, zsh or fish"});
        }
        console.print(completion_for(**shell, program));
        return kExitOk;
      });
  add_choice(command, "SHELL", *shell,
             Choices<Shell>{{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}, "The shell");
  command.footer =
      "Examples:\n"
      "  source <(ece465 completion bash)\n"
      "  ece465 completion bash > ~/.local/share/bash-completion/completions/ece465\n"
      "  ece465 completion zsh > ~/.zfunc/_ece465                   if ~/.zfunc is in $fpath\n"
      "  ece465 completion fish > ~/.config/fish/completions/ece465.fish\n";
}

}  // namespace ece465::cli
