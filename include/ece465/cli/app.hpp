#pragma once

#include <functional>
#include <stop_token>

namespace ece465::cli {

/// Parses the command line, runs the command and returns the process's exit code: 0 ok, 1 failed, 2 usage, 3 bad input,
/// 4 peer unavailable or timeout, 130 interrupted. main requests `stop` when the process is asked to end.
/// `start_threads` is called after the command has forked and before its work begins: from then on the process may have
/// threads.
[[nodiscard]] int run(int argc, const char* const* argv, std::stop_token stop,
                      const std::function<void()>& start_threads);

}  // namespace ece465::cli
