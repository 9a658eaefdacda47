#pragma once

#include <functional>

#include "commands.hpp"

/// The commands of the labs, as commands.hpp has the others.

namespace ece465::cli {

/// What a chosen command does first, while this process has one thread only: forking. Called once environment and
/// configuration file have filled in what the command line left open. Most commands need nothing there.
using Prelude = std::function<Result<void>(Console&)>;

void setup_dine(CLI::App& app, Action& chosen, Prelude& prelude);
void setup_serve(CLI::App& app, Action& chosen);
void setup_client(CLI::App& app, Action& chosen);
void setup_prodcon(CLI::App& app, Action& chosen);
void setup_mapreduce(CLI::App& app, Action& chosen);
void setup_marshal(CLI::App& app, Action& chosen);

}  // namespace ece465::cli
