#pragma once

#include <cstddef>
#include <functional>

#include "ece465/base/result.hpp"

namespace ece465 {

/// Calls `body(worker, index)` for every index in [0, count) on at most `threads` threads, assigning indices in
/// ascending order; the calling thread is worker 0, and worker < threads. After the first failure no further index is
/// assigned; of several failures the one with the lowest index is returned. Exceptions become errors (`guarded`).
/// Threads live only during the call; with a single worker or a single index none is started.
[[nodiscard]] Result<void> parallel_for(unsigned threads, std::size_t count,
                                        const std::function<Result<void>(unsigned worker, std::size_t index)>& body);

}  // namespace ece465
