#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stop_token>

#include "ece465/base/result.hpp"

/// One pair per command: `setup_x` adds the subcommand to the app, and what runs it when it was chosen.

namespace ece465::cli {

/// What a chosen command does; returns the exit code.
using Action = std::function<int(std::stop_token)>;

void setup_equalize(CLI::App& app, Action& chosen);

/// The exit code that stands for an error.
[[nodiscard]] int exit_code(Errc code);

}  // namespace ece465::cli
