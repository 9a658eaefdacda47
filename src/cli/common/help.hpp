#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "console.hpp"

namespace ece465::cli {

/// The help text of the whole program or of one command: description, usage, options by group with their
/// defaults, then the footer (by convention examples; a line that ends in ':' is a heading).
/// A description's first line is its summary, shown in the list of commands.
[[nodiscard]] std::string help_text(const CLI::App& app, std::size_t width, const Paint& paint);

/// The group of the options that every command takes.
inline constexpr const char* kGlobalGroup = "Global options";

/// All options that can be given after `app`'s name, its own first, in the order in which they were added.
[[nodiscard]] std::vector<const CLI::Option*> options_of(const CLI::App& app);
/// `app`'s positional, or null.
[[nodiscard]] const CLI::Option* positional_of(const CLI::App& app);
/// The first line of a description.
[[nodiscard]] std::string summary_of(const CLI::App& app);
[[nodiscard]] inline bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

}  // namespace ece465::cli
