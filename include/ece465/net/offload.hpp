#pragma once

#include <asio/async_result.hpp>
#include <type_traits>

#include "ece465/base/guarded.hpp"
#include "ece465/net/asio.hpp"

namespace ece465::net {

/// Runs `work()` on the pool's threads and continues on this coroutine's own. `work` returns a `Result`, throws
/// nothing of ours, and owns what it uses: the coroutine's frame stays alive while it waits, so references into
/// it are fine. Exceptions of libraries (bad_alloc) come back as errors.
template <class Work>
[[nodiscard]] Task<std::invoke_result_t<Work>> offload(asio::thread_pool& pool, Work work) {
  using R = std::invoke_result_t<Work>;
  const auto executor = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(R)>(
      [&](auto handler) {
        asio::post(pool, [&work, executor, h = std::move(handler)]() mutable {
          R result = guarded(work);
          asio::post(executor, [h = std::move(h), r = std::move(result)]() mutable { std::move(h)(std::move(r)); });
        });
      },
      asio::use_awaitable);
}

}  // namespace ece465::net
