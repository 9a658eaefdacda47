#pragma once

#include <stop_token>

namespace ece465::cli {

/// Parses the command line, runs the command it names and returns the process's exit code:
/// 0 ok, 1 failed, 2 usage, 3 bad input, 4 peer unavailable or timeout, 130 interrupted.
/// `stop` is requested by main when the process is asked to end.
[[nodiscard]] int run(int argc, const char* const* argv, std::stop_token stop);

}  // namespace ece465::cli
