#include "help.hpp"

#include <algorithm>

#include "text.hpp"

namespace ece465::cli {
namespace {

constexpr std::size_t kMaxWidth = 100;  // longer lines are hard to read, however wide the window
constexpr std::size_t kNamesColumn = 28;
constexpr char kNoBreak = '\x1F';  // a space at which no line ends

std::string names_of(const Option& option) {
  std::string names = option.short_name.empty() ? "    " : "-" + option.short_name + ", ";
  names += "--" + option.name;
  return option.takes_value() ? names + " " + option.type : names;
}

/// One entry of a list: names, then the description beside or below them.
std::string entry(const std::string& names, const std::string& description, std::size_t width, const Paint& paint) {
  const std::string indent(kNamesColumn + 2, ' ');
  std::string out = "  " + paint.cyan(names);
  const std::size_t used = display_width(names) + 2;
  out += used <= kNamesColumn ? std::string(indent.size() - used, ' ') : "\n" + indent;
  const std::size_t max_width = std::max<std::size_t>(24, width - std::min(width, indent.size()));
  out += fmt::format("{}\n", fmt::join(wrap(description, max_width), "\n" + indent));
  std::ranges::replace(out, kNoBreak, ' ');
  return out;
}

/// Paragraphs, wrapped. Lines that begin with a space are kept as they are; those that end in ':' are headings.
std::string prose(std::string_view text, std::size_t width, const Paint& paint) {
  std::string out;
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with(' ')) {
      out += std::string(line) + "\n";
    } else if (line.ends_with(':')) {
      out += paint.bold(line) + "\n";
    } else {
      out += fmt::format("{}\n", fmt::join(wrap(line, width), "\n"));
    }
  }
  return out;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string synopsis(const Command& command) {
  if (command.parent == nullptr) return "COMMAND [options]";
  const Option* const positional = command.positional();
  if (positional == nullptr) return command.name + " [options]";
  return fmt::format("{} {}{} [options]", command.name, positional->name,
                     positional->arity == Arity::many ? "..." : "");
}

std::string full_description(const Option& option, char space) {
  std::vector<std::string> remarks;
  if (option.takes_value() && !option.default_text.empty()) {
    remarks.push_back(fmt::format("default:{}{}", space, option.default_text));
  }
  if (!option.variable.empty()) {
    std::string variables = option.variable;
    if (const auto colon = variables.find(':'); colon != std::string::npos) variables.replace(colon, 1, " and ");
    remarks.push_back(fmt::format("environment:{}{}", space, variables));
  }
  if (remarks.empty()) return option.description;
  return fmt::format("{} ({})", option.description, fmt::join(remarks, "; "));
}

std::string help_text(const Command& command, std::size_t width, const Paint& paint) {
  width = std::min(width, kMaxWidth);
  std::string out = prose(command.description, width, paint);
  out += fmt::format("\n{} ece465 {}\n", paint.bold("Usage:"), synopsis(command));

  const auto subcommands = command.listed_commands();
  if (!subcommands.empty()) out += "\n" + paint.bold("Commands:") + "\n";
  for (const Command* subcommand : subcommands) out += entry(subcommand->name, subcommand->summary(), width, paint);
  if (const Option* positional = command.positional()) {
    out += "\n" + entry(positional->name, full_description(*positional, kNoBreak), width, paint);
  }
  std::string group;
  for (const Option* option : command.all_options()) {
    if (option->group != group) out += "\n" + paint.bold((group = option->group) + ":") + "\n";
    out += entry(names_of(*option), full_description(*option, kNoBreak), width, paint);
  }
  if (!command.footer.empty()) out += "\n" + prose(command.footer, width, paint);
  return out;
}

}  // namespace ece465::cli
