#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "ece465/base/guarded.hpp"
#include "ece465/net/asio.hpp"

namespace ece465::net {

/// Runs `work` on the pool's threads and resumes the calling coroutine on its own executor. `work` must not throw.
[[nodiscard]] Task<void> run_on(asio::thread_pool& pool, std::function<void()> work);

/// Runs `work`, which returns a `Result`, on the pool's threads and resumes the calling coroutine on its own executor.
/// References into the coroutine's frame are valid in `work`, because the frame stays alive while it waits. Exceptions
/// become errors (`guarded`).
template <class Work>
[[nodiscard]] Task<std::invoke_result_t<Work>> offload(asio::thread_pool& pool, Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  std::function<void()> run = [&result, &work] { result.emplace(guarded(work)); };
  co_await run_on(pool, std::move(run));
  co_return *std::move(result);
}

}  // namespace ece465::net
