#pragma once

#include <string>

#include "common/command.hpp"

/// Completion scripts for commands, options, choices and paths. They need nothing but the shell itself, and do not run
/// `ece465` while the user types.

namespace ece465::cli {

[[nodiscard]] std::string bash_completion(const Command& program);
[[nodiscard]] std::string zsh_completion(const Command& program);
[[nodiscard]] std::string fish_completion(const Command& program);

}  // namespace ece465::cli
