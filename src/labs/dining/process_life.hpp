#pragma once

#include "ece465/labs/dine.hpp"

namespace ece465::labs {

/// The life of philosopher `i`, who is a process: thinks, asks through `out`, is answered through `in`, until he has
/// had his meals or `in` ends. `talk`: to standard output. Never comes back.
[[noreturn]] void live_as_process(const DineOptions& options, int i, bool talk, int in, int out);

}  // namespace ece465::labs
