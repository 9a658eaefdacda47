#pragma once

#include <CLI/CLI.hpp>
#include <string>

/// Completion scripts, generated from the CLI11 tree: commands, options, choices, and where paths go. They need
/// nothing but the shell itself, and do not run `ece465` while the user types.

namespace ece465::cli {

[[nodiscard]] std::string bash_completion(const CLI::App& root);
[[nodiscard]] std::string zsh_completion(const CLI::App& root);
[[nodiscard]] std::string fish_completion(const CLI::App& root);

}  // namespace ece465::cli
