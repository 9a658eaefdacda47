#include "completion.hpp"

#include <fmt/format.h>

#include <cctype>
#include <vector>

#include "commands.hpp"
#include "common/help.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

/// What can follow: nothing known, one of some words, or a path.
struct Values {
  std::vector<std::string> choices;
  bool path = false;
};

/// Reads a type name: see options.hpp for the convention.
Values values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
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

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : std::string(between)) + word;
  return all;
}

/// Every way to write an option, dashes included.
std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> all;
  for (const auto& name : option.get_snames()) all.push_back("-" + name);
  for (const auto& name : option.get_lnames()) all.push_back("--" + name);
  return all;
}

/// The beginning of a description, up to its first full thought: menus have one line.
std::string brief(const std::string& description) {
  return description.substr(0, std::min(description.find_first_of(";:.\n"), description.find(" (")));
}

/// In single quotes, for any shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<const CLI::App*> commands_of(const CLI::App& root) {
  std::vector<const CLI::App*> all;
  for (const CLI::App* app : root.get_subcommands({})) all.push_back(app);
  return all;
}

// ---- bash

/// The case branches that say what may follow an option or stand as a command's positional.
std::string bash_values(const CLI::App& app, const std::string& command) {
  std::string out;
  for (const CLI::Option* option : options_of(app)) {
    if (!takes_value(*option)) continue;
    std::vector<std::string> patterns;
    for (const auto& spelling : spellings(*option)) patterns.push_back(command + ":" + spelling);
    const Values values = values_of(*option);
    const std::string what = values.path              ? "_ece465_paths"
                             : values.choices.empty() ? "return"
                                                      : "_ece465_words '" + joined(values.choices, " ") + "'";
    out += fmt::format("    {}) {}; return ;;\n", joined(patterns, "|"), what);
  }
  return out;
}

std::string bash_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : options_of(app)) {
    for (auto& spelling : spellings(*option)) words.push_back(std::move(spelling));
  }
  return joined(words, " ");
}

}  // namespace

std::string bash_completion(const CLI::App& root) {
  std::vector<std::string> names;
  std::string values = bash_values(root, "");
  std::string words = fmt::format("    '') options='{}' ;;\n", bash_words(root));
  std::string positionals;
  for (const CLI::App* app : commands_of(root)) {
    const std::string& name = app->get_name();
    names.push_back(name);
    values += bash_values(*app, name);
    words += fmt::format("    {}) options='{}' ;;\n", name, bash_words(*app));
    if (const CLI::Option* positional = positional_of(*app)) {
      const Values of = values_of(*positional);
      if (of.path) positionals += fmt::format("    {}) _ece465_paths ;;\n", name);
      if (!of.choices.empty()) {
        positionals += fmt::format("    {}) _ece465_words '{}' ;;\n", name, joined(of.choices, " "));
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
                     joined(names, "|"), values, words, joined(names, " "), positionals);
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
  return values.choices.empty() ? " " : "(" + joined(values.choices, " ") + ")";
}

std::string zsh_arguments(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : options_of(app)) {
    for (const auto& spelling : spellings(*option)) {
      std::string spec = spelling;
      if (takes_value(*option)) spec += spelling.starts_with("--") ? "=" : "+";
      spec += "[" + zsh_text(brief(option->get_description())) + "]";
      if (takes_value(*option)) spec += ":value:" + zsh_action(values_of(*option));
      out += " \\\n        " + shell_quoted(spec);
    }
  }
  if (const CLI::Option* positional = positional_of(app)) {
    const bool many = positional->get_items_expected_max() > 1;
    out += " \\\n        " + shell_quoted(std::string(many ? "*" : "1") + ":" + zsh_text(positional->get_name(true)) +
                                          ":" + zsh_action(values_of(*positional)));
  }
  return out;
}

}  // namespace

std::string zsh_completion(const CLI::App& root) {
  std::string commands, branches;
  for (const CLI::App* app : commands_of(root)) {
    commands += "    " + shell_quoted(zsh_text(app->get_name()) + ":" + brief(summary_of(*app))) + "\n";
    branches += fmt::format("      {})\n      _arguments{}\n      ;;\n", app->get_name(), zsh_arguments(*app));
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
                     commands, zsh_arguments(root), branches);
}

// ---- fish

namespace {

std::string fish_option(const CLI::Option& option, const std::string& condition) {
  std::string line = "complete -c ece465" + condition;
  for (const auto& name : option.get_snames()) line += " -s " + name;
  for (const auto& name : option.get_lnames()) line += " -l " + name;
  if (takes_value(option)) {
    const Values values = values_of(option);
    line += values.path ? " -r -F" : " -x";
    if (!values.choices.empty()) line += " -a " + shell_quoted(joined(values.choices, " "));
  }
  return line + " -d " + shell_quoted(brief(option.get_description())) + "\n";
}

}  // namespace

std::string fish_completion(const CLI::App& root) {
  std::string out =
      "# fish completion for ece465. Load it with:  ece465 completion fish | source\n"
      "\n"
      "complete -c ece465 -f\n";
  for (const CLI::Option* option : options_of(root)) out += fish_option(*option, "");
  for (const CLI::App* app : commands_of(root)) {
    out += fmt::format("\ncomplete -c ece465 -n __fish_use_subcommand -a {} -d {}\n", app->get_name(),
                       shell_quoted(brief(summary_of(*app))));
    const std::string condition = " -n '__fish_seen_subcommand_from " + app->get_name() + "'";
    for (const CLI::Option* option : app->get_options({})) {
      if (option->get_positional()) {
        const Values values = values_of(*option);
        if (values.path) out += "complete -c ece465" + condition + " -F\n";
        if (!values.choices.empty()) {
          out += "complete -c ece465" + condition + " -a " + shell_quoted(joined(values.choices, " ")) + "\n";
        }
      } else if (option->get_name() != "--help") {  // the program's own serves all
        out += fish_option(*option, condition);
      }
    }
  }
  return out;
}

namespace {

enum class Shell { bash, zsh, fish };

std::string completion_for(Shell shell, const CLI::App& root) {
  switch (shell) {
    case Shell::bash: return bash_completion(root);
    case Shell::zsh: return zsh_completion(root);
    case Shell::fish: return fish_completion(root);
  }
  return {};
}

}  // namespace

void setup_completion(CLI::App& app, Action& chosen) {
  struct Options {
    std::optional<Shell> shell;
  };
  const auto options = std::make_shared<Options>();
  const Choices<std::optional<Shell>> shells{{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}};
  CLI::App* command =
      add_command(app, "completion", "Print a completion script for a shell", chosen,
                  [options, &app](Console& console, const std::stop_token&) {
                    if (!options->shell) {
                      return report_error(console, {Errc::usage, "completion: for which shell? bash, zsh or fish"});
                    }
                    console.print(completion_for(*options->shell, app));
                    return kExitOk;
                  });
  add_choice(*command, "SHELL", options->shell, shells, "The shell");
  command->footer(
      "Examples:\n"
      "  source <(ece465 completion bash)                           now, in this shell\n"
      "  ece465 completion bash > ~/.local/share/bash-completion/completions/ece465\n"
      "  ece465 completion zsh > ~/.zfunc/_ece465                   with ~/.zfunc in $fpath\n"
      "  ece465 completion fish > ~/.config/fish/completions/ece465.fish\n");
}

}  // namespace ece465::cli
