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

/// Kubernetes gives every container of a namespace with a service called "a-b" variables of its own making, such as
/// A_B_PORT=tcp://10.96.0.7:6000: nothing that anybody set.
bool made_by_kubernetes(const std::string& name, std::string_view value) {
  return name.ends_with("_PORT") &&
         (value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://"));
}

std::string environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr || made_by_kubernetes(name, value) ? std::string() : std::string(value);
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

bool is_switch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::vector<std::string> setting_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options({})) {
    if (auto name = setting_name(*option); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

CLI::Option* find_setting(const CLI::App& app, std::string_view name) {
  for (CLI::Option* option : const_cast<CLI::App&>(app).get_options({})) {
    if (setting_name(*option) == name) return option;
  }
  return nullptr;
}

CLI::App* find_command(const CLI::App& root, std::string_view name) {
  for (CLI::App* app : const_cast<CLI::App&>(root).get_subcommands({})) {
    if (app->get_name() == name) return app;
  }
  return nullptr;
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

std::string setting_name(const CLI::Option& option) {
  if (option.get_lnames().empty()) return {};
  std::string name = option.get_lnames()[0];
  if (name == "help" || name == "version" || name == "print-config") return {};
  return name;
}

Settings::Settings(CLI::App& root) : root_(root) {
  const auto take_over = [this](CLI::App& app) {
    for (CLI::Option* option : app.get_options({})) {
      if (option->get_envname().empty()) continue;
      extra_variables_[option] = option->get_envname();
      option->envname({});
    }
  };
  take_over(root);
  for (CLI::App* app : root.get_subcommands({})) take_over(*app);
}

Result<void> Settings::read_file(const std::filesystem::path& path) {
  ECE465_ASSIGN(entries_, read_config(path));
  file_ = path.string();
  for (const auto& entry : entries_) ECE465_TRY(check(entry));
  return {};
}

Result<void> Settings::check(const ConfigEntry& entry) const {
  std::vector<std::string> commands;
  for (const CLI::App* app : root_.get_subcommands({})) commands.push_back(app->get_name());
  const CLI::App* app = entry.section.empty() ? &root_ : find_command(root_, entry.section);
  if (app == nullptr) {
    return fail(Errc::usage, "{}:{}: there is no command {}{}", file_, entry.section_line, entry.section,
                did_you_mean(entry.section, commands));
  }
  if (entry.section.empty() && entry.key == "config") {
    return fail(Errc::usage, "{}:{}: a configuration file cannot name another", file_, entry.line);
  }
  if (find_setting(*app, entry.key) != nullptr) return {};
  if (entry.section.empty()) {
    if (find_command(root_, entry.key) != nullptr) {
      return fail(Errc::usage, "{}:{}: {} is a command: its options belong below it, indented", file_, entry.line,
                  entry.key);
    }
    for (const auto& command : commands) {
      if (find_setting(*find_command(root_, command), entry.key) != nullptr) {
        return fail(Errc::usage, "{}:{}: {} belongs in the section of a command, such as {}", file_, entry.line,
                    entry.key, command);
      }
    }
    auto candidates = setting_names(root_);
    candidates.insert(candidates.end(), commands.begin(), commands.end());
    return fail(Errc::usage, "{}:{}: unknown option or command {}{}", file_, entry.line, entry.key,
                did_you_mean(entry.key, candidates));
  }
  if (find_setting(root_, entry.key) != nullptr) {
    return fail(Errc::usage, "{}:{}: {} is for all commands: it belongs outside of the section {}", file_, entry.line,
                entry.key, entry.section);
  }
  return fail(Errc::usage, "{}:{}: {} has no option {}{}", file_, entry.line, entry.section, entry.key,
              did_you_mean(entry.key, setting_names(*app)));
}

std::vector<std::string> Settings::variables(const CLI::App& app, const CLI::Option& option) const {
  std::vector<std::string> names;
  const std::string name = setting_name(option);
  if (name.empty()) return names;
  if (&app != &root_) names.push_back("ECE465_" + as_variable(app.get_name()) + "_" + as_variable(name));
  names.push_back("ECE465_" + as_variable(name));
  if (const auto extra = extra_variables_.find(&option); extra != extra_variables_.end()) {
    names.push_back(extra->second);
  }
  return names;
}

Result<void> Settings::set(CLI::Option& option, Origin origin) {
  try {
    std::vector<std::string> values = origin.values;
    if (is_switch(option)) {
      auto on = values.size() == 1 ? parse_bool(values[0]) : fail(Errc::usage, "is no list");
      if (!on) return fail(Errc::usage, "{}: --{}: {}", origin.where, setting_name(option), on.error().text());
      values = {*on ? "true" : "false"};
    }
    if (values.size() > 1 && option.get_items_expected_max() == 1) {
      return fail(Errc::usage, "{}: --{}: takes one value, not a list", origin.where, setting_name(option));
    }
    option.add_result(std::move(values));
    option.run_callback();
    // To CLI11 the option was not given: what it knows by count() is the command line.
    option.clear();
  } catch (const CLI::Error& e) {
    return fail(Errc::usage, "{}: {}", origin.where, e.what());  // the words name the option
  }
  origins_[&option] = std::move(origin);
  return {};
}

Result<void> Settings::apply(CLI::App& app) {
  const std::string section = &app == &root_ ? std::string() : app.get_name();
  for (CLI::Option* option : app.get_options({})) {
    const std::string name = setting_name(*option);
    if (name.empty() || option->count() > 0 || origins_.contains(option)) continue;
    bool found = false;
    for (const auto& variable : variables(app, *option)) {
      auto value = find_in_environment(variable, option->get_default_str());
      if (!value) continue;
      ECE465_TRY(set(*option, {{std::move(value->value)}, std::move(value->where)}));
      found = true;
      break;
    }
    for (auto entry = entries_.begin(); !found && entry != entries_.end(); ++entry) {
      if (entry->section != section || entry->key != name) continue;
      ECE465_TRY(set(*option, {entry->values, fmt::format("{}:{}", file_, entry->line)}));
      found = true;
    }
  }
  return {};
}

std::string Settings::describe(const std::vector<CLI::App*>& apps) const {
  std::string out;
  for (const CLI::App* app : apps) {
    const bool is_root = app == &root_;
    std::vector<std::pair<std::string, std::string>> lines;
    std::size_t width = 0;
    for (const CLI::Option* option : app->get_options({})) {
      const std::string name = setting_name(*option);
      if (name.empty() || (is_root && name == "config")) continue;
      std::vector<std::string> values{option->get_default_str()};
      std::string where = "default";
      if (option->count() > 0) {
        values =
            is_switch(*option) ? std::vector<std::string>{option->as<bool>() ? "true" : "false"} : option->results();
        // The last one counts.
        if (option->get_items_expected_max() <= 1) values.erase(values.begin(), values.end() - 1);
        where = "--" + name;
      } else if (const auto origin = origins_.find(option); origin != origins_.end()) {
        values = origin->second.values;
        where = origin->second.where;
      }
      // What has no default cannot be written down as a value; say that it is there, and off.
      const bool unset = where == "default" && values[0].empty();
      lines.emplace_back(
          fmt::format("{}{}{}:{}", is_root ? "" : "  ", unset ? "# " : "", name, unset ? "" : " " + yaml_value(values)),
          unset ? "not set" : printable(where));
      width = std::max(width, display_width(lines.back().first));
    }
    if (lines.empty()) continue;
    if (!is_root) out += app->get_name() + ":\n";
    for (const auto& [text, where] : lines) {
      out += text + std::string(width - display_width(text), ' ') + "  # " + where + "\n";
    }
  }
  return out;
}

}  // namespace ece465::cli
