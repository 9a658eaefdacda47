#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stop_token>

#include "common/console.hpp"
#include "ece465/base/result.hpp"

/// One function per command: `setup_x` adds the subcommand to the program and, when it was the one chosen,
/// leaves what runs it in `chosen`. What it runs is a `run_x` that takes an options struct, so that tests need
/// no command line. A new command is one file, and one line in app.cpp.

namespace ece465::cli {

/// What a chosen command does; returns the exit code. Called after environment and configuration file filled
/// in what the command line left open.
using Action = std::function<int(Console&, std::stop_token)>;

void setup_equalize(CLI::App& app, Action& chosen);
void setup_histogram(CLI::App& app, Action& chosen);
void setup_submit(CLI::App& app, Action& chosen);
void setup_status(CLI::App& app, Action& chosen);
void setup_health(CLI::App& app, Action& chosen);
void setup_completion(CLI::App& app, Action& chosen);
void setup_version(CLI::App& app, Action& chosen);
void setup_master(CLI::App& app, Action& chosen);
void setup_worker(CLI::App& app, Action& chosen);

/// Adds a subcommand whose Action is `run`. `description`: a summary line, then paragraphs if any.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description, Action& chosen,
                      Action run);

/// The exit code that stands for an error.
[[nodiscard]] int exit_code(Errc code);

constexpr int kExitOk = 0, kExitFailed = 1, kExitUsage = 2, kExitInterrupted = 130;

/// Says what went wrong and returns its exit code.
int report_error(Console& console, const Error& error);

}  // namespace ece465::cli
