#pragma once

// The only file that depends on the version of asio: Debian 12 has 1.22.1, Ubuntu 24.04 has 1.28.1.

#include <asio/version.hpp>

#if ASIO_VERSION >= 102400
#include <asio/as_tuple.hpp>
#else
#include <asio/experimental/as_tuple.hpp>
#endif
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "ece465/base/result.hpp"

namespace ece465::net {

template <class T = void>
using Task = asio::awaitable<T>;
using Duration = std::chrono::steady_clock::duration;

/// The completion token of asynchronous operations: an awaitable that returns (error_code, values...) and never throws.
/// Operations that throw cannot be combined: inside `a || b`, one that fails loses to the timer.
#if ASIO_VERSION >= 102400
inline constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
#else
inline constexpr auto kNoThrow = asio::experimental::as_tuple(asio::use_awaitable);
#endif

/// As a limit: no limit.
inline constexpr Duration kForever = Duration::max();

/// The time `limit` from now, without overflow: time_point::max() for `kForever`.
[[nodiscard]] inline std::chrono::steady_clock::time_point deadline_after(Duration limit) {
  const auto now = std::chrono::steady_clock::now();
  const auto end = std::chrono::steady_clock::time_point::max();
  return limit < end - now ? now + limit : end;
}

/// The error for an asio failure. `action`: "connect to 10.0.0.1:6000".
[[nodiscard]] std::unexpected<Error> net_error(std::string_view action, const asio::error_code& code);

// Every use of asio's templates costs its file about a second of compilation; these functions are compiled once.

/// Runs a coroutine independently of the caller. Exceptions that leave it are ignored.
void spawn(const asio::any_io_executor& executor, Task<void> task);
inline void spawn(asio::io_context& context, Task<void> task) { spawn(context.get_executor(), std::move(task)); }

/// Waits until the timer expires or is cancelled. The timer must outlive the wait.
[[nodiscard]] Task<void> wait(asio::steady_timer& timer);
[[nodiscard]] Task<void> sleep_for(Duration time);

}  // namespace ece465::net

/// `ECE465_TRY` and `ECE465_ASSIGN` inside coroutines.
#define ECE465_CO_TRY(expression) ECE465_CO_TRY_(ECE465_CONCAT(ece465_result_, __LINE__), expression)
#define ECE465_CO_TRY_(name, expression)                                                     \
  do {                                                                                       \
    if (auto name = (expression); !name) co_return std::unexpected(std::move(name).error()); \
  } while (false)
#define ECE465_CO_ASSIGN(target, expression) \
  ECE465_CO_ASSIGN_(ECE465_CONCAT(ece465_result_, __LINE__), target, expression)
#define ECE465_CO_ASSIGN_(name, target, expression)              \
  auto name = (expression);                                      \
  if (!name) co_return std::unexpected(std::move(name).error()); \
  target = *std::move(name)
