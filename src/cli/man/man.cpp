#include "man.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "common/console.hpp"
#include "common/files.hpp"
#include "common/help.hpp"
#include "common/options.hpp"
#include "common/settings.hpp"

namespace ece465::cli {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// Text as troff prints it unchanged. `-` would become a hyphen, which cannot be pasted into a shell.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += c;
    }
  }
  // At the start of a line these begin a request; an escaped apostrophe does not.
  return out.starts_with('.') ? "\\&" + out : out;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

/// Prose: `code` and --options in bold.
std::string man_prose(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto tick = text.find('`');
    const auto dashes = text.find("--");
    const auto start = std::min({tick, dashes, text.size()});
    out += escaped(text.substr(0, start));
    text.remove_prefix(start);
    if (text.empty()) break;
    if (start == tick) {
      const auto end = std::min(text.find('`', 1), text.size());
      out += bold(text.substr(1, end - 1));
      text.remove_prefix(std::min(end + 1, text.size()));
    } else {
      auto end = text.find_first_not_of("-abcdefghijklmnopqrstuvwxyz");
      end = std::min(end, text.size());
      out += bold(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  return out;
}

/// "term   description", a line of a list in a footer.
struct ManEntry {
  std::string_view term, description;
};

std::optional<ManEntry> entry_of(std::string_view line) {
  const auto start = line.find_first_not_of(' ');
  const auto gap = line.find("  ", start);
  if (gap == std::string_view::npos) return std::nullopt;
  return ManEntry{line.substr(start, gap - start), line.substr(line.find_first_not_of(' ', gap))};
}

/// Builds a page section by section.
class ManPage {
 public:
  explicit ManPage(const Command& command) : command_(command) {}

  std::string text() && {
    const std::string name = man_name(command_);
    // Without hyphenation and justification, so that options can be copied.
    out_ = fmt::format(".TH {} 1 \"\" \"ece465 {}\" \"User Commands\"\n.nh\n.ad l\n", escaped(upper(name)),
                       ECE465_VERSION);
    section("NAME");
    line(escaped(name + " - " + command_.summary()));
    section("SYNOPSIS");
    line(synopsis());
    const auto [notes, sections] = split_footer();
    section("DESCRIPTION");
    paragraphs(std::string_view(command_.description).substr(command_.summary().size()));
    paragraphs(notes);
    commands();
    options();
    environment();
    footer_sections(sections);
    see_also();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text) += '\n'; }
  void section(std::string_view title) { line(fmt::format(".SH \"{}\"", escaped(title))); }
  void item(std::string_view term, std::string_view text) { line(fmt::format(".TP\n{}\n{}", term, text)); }

  [[nodiscard]] std::string synopsis() const {
    if (command_.parent == nullptr) {
      return fmt::format("{} {} [{}]", bold(command_.name), italic("COMMAND"), italic("options"));
    }
    std::string text = bold(command_.parent->name + " " + command_.name);
    if (const Option* positional = command_.positional()) {
      text += " " + italic(positional->name) + (positional->arity == Arity::many ? "..." : "");
    }
    return text + fmt::format(" [{}]", italic("options"));
  }

  /// What a footer says before its first heading, and the rest.
  [[nodiscard]] std::pair<std::string_view, std::string_view> split_footer() const {
    const std::string_view footer = command_.footer;
    for (std::size_t at = 0; at < footer.size();) {
      const auto end = std::min(footer.find('\n', at), footer.size());
      if (footer.substr(at, end - at).ends_with(':')) return {footer.substr(0, at), footer.substr(at)};
      at = end + 1;
    }
    return {footer, {}};
  }

  void paragraphs(std::string_view text) {
    for (const std::string_view paragraph : lines_of(text)) {
      if (!paragraph.empty()) line(".PP\n" + man_prose(paragraph));
    }
  }

  void commands() {
    if (command_.commands.empty()) return;
    section("COMMANDS");
    for (const Command* command : command_.listed_commands()) {
      item(fmt::format("{}(1)", bold(man_name(*command))), man_prose(command->summary()));
    }
  }

  void options() {
    section("OPTIONS");
    if (const Option* positional = command_.positional()) {
      item(italic(positional->name), man_prose(full_description(*positional)));
    }
    std::string group;
    for (const Option& option : command_.options) {
      if (option.positional) continue;
      if (option.group != group) line(fmt::format(".SS \"{}\"", escaped(group = option.group)));
      std::string names;
      for (const auto& spelling : option.spellings()) names += (names.empty() ? "" : ", ") + bold(spelling);
      if (option.takes_value()) names += " " + italic(option.type);
      item(names, man_prose(full_description(option)));
    }
    if (command_.parent != nullptr)
      line(".PP\nGlobal options are documented in " + bold(command_.parent->name) + "(1).");
  }

  void environment() {
    if (command_.parent == nullptr) return;
    const auto named = [](const Option& option) { return !option.positional; };
    const auto example = std::ranges::find_if(command_.options, named);
    if (example == command_.options.end()) return;
    section("ENVIRONMENT");
    line(
        man_prose(fmt::format("Each option can also be set by an environment variable or in a configuration file, as "
                              "described in `{}`(1). For example, `{}` sets --{}.",
                              command_.parent->name, variables_of(command_, *example).front(), example->name)));
    for (const Option& option : command_.options) {
      if (!option.variable.empty()) item(bold(option.variable), man_prose("Sets --" + option.name + "."));
    }
  }

  /// Footer sections: headings, lists of entries, and text to show as it is.
  void footer_sections(std::string_view text) {
    bool verbatim = false;
    const auto set_verbatim = [&](bool on) {
      if (on != verbatim) line(on ? ".PP\n.EX" : ".EE");
      verbatim = on;
    };
    for (const std::string_view text_line : lines_of(text)) {
      const auto entry = text_line.starts_with(' ') ? entry_of(text_line) : std::nullopt;
      set_verbatim(text_line.starts_with(' ') && !entry);
      if (entry) {
        item(bold(entry->term), man_prose(entry->description));
      } else if (verbatim) {
        line(escaped(text_line.substr(std::min<std::size_t>(2, text_line.size()))));
      } else if (text_line.ends_with(':')) {
        section(upper(std::string(text_line.substr(0, text_line.size() - 1))));
      } else if (!text_line.empty()) {
        line(".PP\n" + man_prose(text_line));
      }
    }
    set_verbatim(false);
  }

  void see_also() {
    section("SEE ALSO");
    std::string pages;
    const auto add = [&](const Command& command) {
      if (&command != &command_) pages += (pages.empty() ? "" : ", ") + bold(man_name(command)) + "(1)";
    };
    const Command& program = command_.parent == nullptr ? command_ : *command_.parent;
    add(program);
    for (const Command* command : program.listed_commands()) add(*command);
    line(pages);
  }

  const Command& command_;
  std::string out_;
};

Result<void> write_pages(const Command& program, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail_on(folder.string(), Errc::io, "cannot create the folder: {}", error.message());
  auto commands = program.listed_commands();
  commands.push_back(&program);
  for (const Command* command : commands) {
    const auto path = folder / (man_name(*command) + ".1");
    ECE465_ASSIGN(const auto file, OutputFile::create(path, OutputFile::Existing::replace));
    ECE465_TRY(write_text(*file, man_page(*command)));
  }
  return {};
}

struct ManCommand {
  std::string command, folder;
};

int run_man(const ManCommand& options, Command& program, Console& console) {
  if (!options.folder.empty()) {
    const auto written = write_pages(program, options.folder);
    return written ? kExitOk : report_error(console, written.error());
  }
  const Command* const command = options.command.empty() ? &program : program.find_command(options.command);
  if (command == nullptr) {
    return report_error(console, {Errc::usage, fmt::format("man: unknown command {}", options.command)});
  }
  console.print(man_page(*command));
  return kExitOk;
}

}  // namespace

std::string man_name(const Command& command) {
  return command.parent == nullptr ? command.name : command.parent->name + "-" + command.name;
}

std::string man_page(const Command& command) { return ManPage(command).text(); }

void setup_man(Command& program) {
  const auto options = std::make_shared<ManCommand>();
  Command& command = program.add_command(
      "man", "Print the manual page of the program or of a command",
      [options, &program](Console& console, const std::stop_token&) { return run_man(*options, program, console); });
  command.hidden = true;  // for packagers; users have man(1)
  command.current_group = "Output";
  add_text(command, "COMMAND", options->command, "NAME", "A command; by default the program");
  add_text(command, "--output", options->folder, "FOLDER", "Write all pages into this folder instead");
}

}  // namespace ece465::cli
