#pragma once

#include <functional>
#include <stop_token>

namespace ece465::cli {

/// Parses the command line, runs the command it names and returns the process's exit code:
/// 0 ok, 1 failed, 2 usage, 3 bad input, 4 peer unavailable or timeout, 130 interrupted.
/// `stop` is requested by main when the process is asked to end. `start_threads` is called once the command is known
/// and has forked what it forks, before its work begins: from then on the process may have threads.
[[nodiscard]] int run(int argc, const char* const* argv, std::stop_token stop,
                      const std::function<void()>& start_threads);

}  // namespace ece465::cli
