#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "common/console.hpp"
#include "ece465/base/byte_sink.hpp"
#include "ece465/labs/dine.hpp"
#include "ece465/net/address.hpp"

namespace ece465::cli {

/// The options of `ece465 dine`.
struct DineCommand {
  labs::DineOptions options;
  std::optional<labs::Strategy> strategy;  ///< unset: the default of the mode
  std::optional<std::uint64_t> seed;       ///< unset: random
  net::Address server;                     ///< of mode tcp; no host: start one
  std::string timeline;                    ///< file to draw into; empty: none
  std::unique_ptr<OutputFile> drawing;     ///< that file
  bool force = false;                      ///< replace it if it exists
  bool live = false, compare = false, quiet = false, json = false;
  /// The philosophers of mode ipc, started before this process has threads.
  std::unique_ptr<labs::ForkedPhilosophers> forked;
};

/// Checks the options, fills in defaults, and starts philosophers that are processes. Call it while this process has
/// one thread.
[[nodiscard]] Result<void> prepare_dine(DineCommand& command, Console& console);
/// Runs the dinner; returns the exit code. Call `prepare_dine` first.
[[nodiscard]] int run_dine(DineCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
