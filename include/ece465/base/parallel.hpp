#pragma once

#include <cstddef>
#include <functional>

#include "ece465/base/result.hpp"

namespace ece465 {

/// Calls `body(worker, index)` for every index in [0, count), handing indices out in ascending order to at
/// most `threads` workers (the caller is worker 0; worker < threads). After the first failure no further
/// index is handed out; of several failures the one with the lowest index is returned. Threads live only for
/// the call, so a single worker or a single index costs nothing.
[[nodiscard]] Result<void> parallel_for(unsigned threads, std::size_t count,
                                        const std::function<Result<void>(unsigned worker, std::size_t index)>& body);

}  // namespace ece465
