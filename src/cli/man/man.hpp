#pragma once

#include <string>

#include "common/command.hpp"

namespace ece465::cli {

/// The manual page of a command or of the program, for troff's man macros.
[[nodiscard]] std::string man_page(const Command& command);

/// "ece465-equalize", or "ece465" for the program.
[[nodiscard]] std::string man_name(const Command& command);

}  // namespace ece465::cli
