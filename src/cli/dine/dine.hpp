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

/// What `ece465 dine` was asked to do.
struct DineCommand {
  labs::DineOptions options;
  std::optional<labs::Strategy> strategy;  ///< what the mode does by itself, unless told
  std::optional<std::uint64_t> seed;       ///< by chance, unless told
  net::Address server;                     ///< of mode tcp; no host: one is started
  std::string timeline;                    ///< a file to draw into; empty: none
  std::unique_ptr<OutputFile> drawing;     ///< that file
  bool force = false;                      ///< replace it if it exists
  bool live = false, compare = false, quiet = false, json = false;
  /// Those of mode ipc, started before this process had threads.
  std::unique_ptr<labs::ForkedPhilosophers> forked;
};

/// Checks what was asked, chooses what was left open, and starts philosophers that are processes. To be called while
/// this process has one thread.
[[nodiscard]] Result<void> prepare_dine(DineCommand& command, Console& console);
/// Dines; returns the exit code. After `prepare_dine`.
[[nodiscard]] int run_dine(DineCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
