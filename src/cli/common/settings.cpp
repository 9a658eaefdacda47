#include "settings.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "options.hpp"
#include "text.hpp"

namespace ece465::cli {
namespace {

std::string as_variable(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// For a service called "a-b" Kubernetes sets variables like A_B_PORT=tcp://10.96.0.7:6000 in every container of the
/// namespace. They are not settings of ours.
bool set_by_kubernetes(const std::string& name, std::string_view value) {
  return name.ends_with("_PORT") &&
         (value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://"));
}

std::string environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr || set_by_kubernetes(name, value) ? std::string() : std::string(value);
}

/// A value from the environment, and which variables it came from.
struct Found {
  std::string value;
  std::string where;
};

/// The variable called `name`, or the two of `A_HOST:A_PORT`.
std::optional<Found> find_in_environment(const std::string& name, const std::string& default_value) {
  const auto colon = name.find(':');
  if (colon == std::string::npos) {
    auto value = environment(name);
    if (value.empty()) return std::nullopt;
    return Found{std::move(value), name};
  }
  const std::string host_name = name.substr(0, colon), port_name = name.substr(colon + 1);
  std::string host = environment(host_name), port = environment(port_name);
  if (host.empty() && port.empty()) return std::nullopt;
  std::string where = host.empty() ? port_name : port.empty() ? host_name : host_name + ", " + port_name;
  const auto between = default_value.rfind(':');
  if (host.empty()) host = default_value.substr(0, between);
  if (port.empty()) port = default_value.substr(between + 1);
  if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
  return Found{host + ":" + port, std::move(where)};
}

/// An option's name in files and in the environment; empty for positionals and for options that only make sense on a
/// command line.
std::string setting_name(const Option& option) {
  const bool none =
      option.positional || option.name == "help" || option.name == "version" || option.name == "print-config";
  return none ? std::string() : option.name;
}

std::vector<std::string> setting_names(const Command& command) {
  std::vector<std::string> names;
  for (const Option& option : command.options) {
    if (auto name = setting_name(option); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

bool has_setting(const Command& command, std::string_view name) {
  return std::ranges::find(command.options, name, setting_name) != command.options.end();
}

/// A value as YAML reads it back: plain where nothing could be mistaken for syntax.
std::string yaml_scalar(const std::string& value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '/' || c == '-' || c == '+';
  }) && value.front() != '-';
  if (plain) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string yaml_value(const std::vector<std::string>& values) {
  if (values.size() == 1) return yaml_scalar(values[0]);
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + yaml_scalar(value);
  return "[" + list + "]";
}

}  // namespace

std::vector<std::string> variables_of(const Command& command, const Option& option) {
  std::vector<std::string> names;
  const std::string name = setting_name(option);
  if (name.empty()) return names;
  if (command.parent != nullptr) names.push_back("ECE465_" + as_variable(command.name) + "_" + as_variable(name));
  names.push_back("ECE465_" + as_variable(name));
  if (!option.variable.empty()) names.push_back(option.variable);
  return names;
}

Result<void> Settings::read_file(const std::filesystem::path& path) {
  ECE465_ASSIGN(entries_, read_config(path));
  file_ = path.string();
  for (const auto& entry : entries_) ECE465_TRY(check(entry));
  return {};
}

Result<void> Settings::check(const ConfigEntry& entry) const {
  std::vector<std::string> commands;
  for (const Command* command : root_.listed_commands()) commands.push_back(command->name);
  const Command* const command = entry.section.empty() ? &root_ : root_.find_command(entry.section);
  if (command == nullptr) {
    return fail(Errc::usage, "{}:{}: unknown command {}{}", file_, entry.section_line, entry.section,
                did_you_mean(entry.section, commands));
  }
  if (entry.section.empty() && entry.key == "config") {
    return fail(Errc::usage, "{}:{}: a configuration file cannot name another", file_, entry.line);
  }
  if (has_setting(*command, entry.key)) return {};
  if (entry.section.empty()) {
    if (root_.find_command(entry.key) != nullptr) {
      return fail(Errc::usage, "{}:{}: {} is a command: indent its options below it", file_, entry.line, entry.key);
    }
    for (const Command* other : root_.listed_commands()) {
      if (has_setting(*other, entry.key)) {
        return fail(Errc::usage, "{}:{}: {} belongs in the section of a command, for example {}", file_, entry.line,
                    entry.key, other->name);
      }
    }
    auto candidates = setting_names(root_);
    candidates.insert(candidates.end(), commands.begin(), commands.end());
    return fail(Errc::usage, "{}:{}: unknown option or command {}{}", file_, entry.line, entry.key,
                did_you_mean(entry.key, candidates));
  }
  if (has_setting(root_, entry.key)) {
    return fail(Errc::usage, "{}:{}: {} applies to all commands: move it out of the section {}", file_, entry.line,
                entry.key, entry.section);
  }
  return fail(Errc::usage, "{}:{}: {} has no option {}{}", file_, entry.line, entry.section, entry.key,
              did_you_mean(entry.key, setting_names(*command)));
}

Result<void> Settings::set(Option& option, Origin origin) {
  const std::string subject = fmt::format("{}: --{}", origin.where, option.name);
  if (origin.values.size() > 1 && option.arity != Arity::many) {
    return fail_on(subject, Errc::usage, "takes one value, not a list");
  }
  if (const auto done = option.assign(origin.values); !done) {
    return fail_on(subject, Errc::usage, "{}", done.error().text());
  }
  origins_[&option] = std::move(origin);
  return {};
}

Result<void> Settings::apply(Command& command) {
  const std::string section = &command == &root_ ? std::string() : command.name;
  for (Option& option : command.options) {
    const std::string name = setting_name(option);
    if (name.empty() || !option.given.empty() || origins_.contains(&option)) continue;
    bool found = false;
    for (const auto& variable : variables_of(command, option)) {
      auto value = find_in_environment(variable, option.default_text);
      if (!value) continue;
      ECE465_TRY(set(option, {{std::move(value->value)}, std::move(value->where)}));
      found = true;
      break;
    }
    for (auto entry = entries_.begin(); !found && entry != entries_.end(); ++entry) {
      if (entry->section != section || entry->key != name) continue;
      ECE465_TRY(set(option, {entry->values, fmt::format("{}:{}", file_, entry->line)}));
      found = true;
    }
  }
  return {};
}

std::string Settings::describe(const std::vector<const Command*>& commands) const {
  std::string out;
  for (const Command* command : commands) {
    const bool is_root = command == &root_;
    std::vector<std::pair<std::string, std::string>> lines;
    std::size_t width = 0;
    for (const Option& option : command->options) {
      const std::string name = setting_name(option);
      if (name.empty() || (is_root && name == "config")) continue;
      std::vector<std::string> values{option.default_text};
      std::string where = "default";
      if (!option.given.empty()) {
        values = option.given;
        where = "--" + name;
      } else if (const auto origin = origins_.find(&option); origin != origins_.end()) {
        values = origin->second.values;
        where = origin->second.where;
      }
      // An option without a default has no value to write down: show it as a comment.
      const bool unset = where == "default" && values[0].empty();
      lines.emplace_back(
          fmt::format("{}{}{}:{}", is_root ? "" : "  ", unset ? "# " : "", name, unset ? "" : " " + yaml_value(values)),
          unset ? "not set" : printable(where));
      width = std::max(width, display_width(lines.back().first));
    }
    if (lines.empty()) continue;
    if (!is_root) out += command->name + ":\n";
    for (const auto& [text, where] : lines) {
      out += text + std::string(width - display_width(text), ' ') + "  # " + where + "\n";
    }
  }
  return out;
}

}  // namespace ece465::cli
