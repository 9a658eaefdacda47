#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "console.hpp"

namespace ece465::cli {

/// The help text of a command or of the whole program: description, usage, options by group with their defaults,
/// footer.
[[nodiscard]] std::string help_text(const Command& command, std::size_t width, const Paint& paint);

/// What follows "ece465 " in the usage line: "equalize IN... [options]".
[[nodiscard]] std::string synopsis(const Command& command);
/// The description of an option with its default and its environment variable. `space` stands before their values.
[[nodiscard]] std::string full_description(const Option& option, char space = ' ');
/// `text` cut at newlines.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace ece465::cli
