#include "ece465/net/asio.hpp"

#include <asio/impl/src.hpp>  // all of asio that is not a template (ASIO_SEPARATE_COMPILATION)

#include "ece465/net/offload.hpp"

namespace ece465::net {

std::unexpected<Error> net_error(std::string_view action, const asio::error_code& code) {
  const Errc kind = code == asio::error::operation_aborted ? Errc::cancelled
                    : code == asio::error::timed_out       ? Errc::timeout
                                                           : Errc::unavailable;
  return fail(kind, "cannot {}: {}", action, code.message());
}

void spawn(const asio::any_io_executor& executor, Task<void> task) {
  asio::co_spawn(executor, std::move(task), asio::detached);
}

Task<void> wait(asio::steady_timer& timer) { co_await timer.async_wait(kNoThrow); }

Task<void> sleep_for(Duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline_after(time));
  co_await timer.async_wait(kNoThrow);
}

Task<void> run_on(asio::thread_pool& pool, std::function<void()> work) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        asio::post(pool, [&work, executor, h = std::move(handler)]() mutable {
          work();
          asio::post(executor, std::move(h));
        });
      },
      asio::use_awaitable);
}

}  // namespace ece465::net
