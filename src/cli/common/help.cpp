#include "help.hpp"

#include <algorithm>
#include <string_view>

#include "text.hpp"

namespace ece465::cli {
namespace {

constexpr std::size_t kWidest = 100;  // longer lines are hard to read, however wide the window
constexpr std::size_t kNamesColumn = 28;
constexpr char kNoBreak = '\x1F';  // a space at which no line ends

std::string names_of(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  if (names.empty()) names = "   ";
  for (const auto& name : option.get_lnames()) names += (names == "   " ? " --" : ", --") + name;
  if (takes_value(option)) names += " " + option.get_type_name();
  return names;
}

/// One entry of a list: names, then the description beside or below them.
std::string entry(const std::string& names, const std::string& description, std::size_t width, const Paint& paint) {
  std::string out = "  " + paint.cyan(names);
  const bool beside = display_width(names) + 2 <= kNamesColumn;
  out += beside ? std::string(kNamesColumn + 2 - display_width(names) - 2, ' ')
                : "\n" + std::string(kNamesColumn + 2, ' ');
  const std::size_t room = std::max<std::size_t>(24, width - std::min(width, kNamesColumn + 2));
  bool first = true;
  for (auto& line : wrap(description, room)) {
    std::ranges::replace(line, kNoBreak, ' ');
    if (!first) out += "\n" + std::string(kNamesColumn + 2, ' ');
    out += line;
    first = false;
  }
  return out + "\n";
}

std::string described(const CLI::Option& option) {
  std::string text = option.get_description();
  if (takes_value(option) && !option.get_default_str().empty()) {
    text += fmt::format(" (default:{}{})", kNoBreak, option.get_default_str());
  }
  return text;
}

std::string usage_of(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "ece465 COMMAND [options]";
  std::string usage = "ece465 " + app.get_name();
  if (const CLI::Option* positional = positional_of(app)) {
    const bool many = positional->get_items_expected_max() > 1;
    usage += " " + positional->get_name(true) + (many ? "..." : "");
  }
  return usage + " [options]";
}

/// Paragraphs, wrapped; a line that begins with a space is left as it is, one that ends in ':' is a heading.
std::string prose(std::string_view text, std::size_t width, const Paint& paint) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(' ')) {
      out += std::string(line) + "\n";
    } else if (line.ends_with(':')) {
      out += paint.bold(line) + "\n";
    } else {
      for (const auto& part : wrap(line, width)) out += part + "\n";
    }
  }
  return out;
}

}  // namespace

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> all;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options({})) {
      if (option->get_lnames().empty() && option->get_snames().empty()) continue;
      // --help of a command stands before that of the program, which it hides.
      const bool hidden = std::ranges::any_of(all, [&](const CLI::Option* other) {
        return !other->get_lnames().empty() && other->get_lnames() == option->get_lnames();
      });
      if (!hidden) all.push_back(option);
    }
  }
  return all;
}

const CLI::Option* positional_of(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options({})) {
    if (option->get_positional()) return option;
  }
  return nullptr;
}

std::string summary_of(const CLI::App& app) {
  const std::string text = app.get_description();
  return text.substr(0, text.find('\n'));
}

std::string help_text(const CLI::App& app, std::size_t width, const Paint& paint) {
  width = std::min(width, kWidest);
  std::string out = prose(app.get_description(), width, paint);
  out += fmt::format("\n{} {}\n", paint.bold("Usage:"), usage_of(app));

  const auto commands = app.get_subcommands({});
  if (!commands.empty()) {
    out += "\n" + paint.bold("Commands:") + "\n";
    for (const CLI::App* command : commands) {
      out += entry(command->get_name(), summary_of(*command), width, paint);
    }
  }
  if (const CLI::Option* positional = positional_of(app)) {
    out += "\n" + entry(positional->get_name(true), described(*positional), width, paint);
  }
  std::vector<std::string> groups;
  const auto options = options_of(app);
  for (const CLI::Option* option : options) {
    if (std::ranges::find(groups, option->get_group()) == groups.end()) groups.push_back(option->get_group());
  }
  // A command's own options come first, although its --help was there before them.
  std::ranges::stable_partition(groups, [](const std::string& group) { return group != kGlobalGroup; });
  for (const auto& group : groups) {
    if (group.empty()) continue;  // CLI11's way to hide an option
    out += "\n" + paint.bold(group + ":") + "\n";
    for (const CLI::Option* option : options) {
      if (option->get_group() == group) out += entry(names_of(*option), described(*option), width, paint);
    }
  }
  if (!app.get_footer().empty()) out += "\n" + prose(app.get_footer(), width, paint);
  return out;
}

}  // namespace ece465::cli
