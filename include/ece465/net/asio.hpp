#pragma once

// The only place that knows which asio this is: Debian 12 ships 1.22.1, Ubuntu 24.04 1.28.1.

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

/// The completion token of every leaf: an awaitable that returns (error_code, values...) and never throws. A
/// throwing leaf that reaches its end of stream loses to the timer inside `a || b`.
#if ASIO_VERSION >= 102400
inline constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
#else
inline constexpr auto kNoThrow = asio::experimental::as_tuple(asio::use_awaitable);
#endif

/// As a limit: none.
inline constexpr Duration kForever = Duration::max();

/// The moment `limit` from now; the end of time when it lies beyond that, as it does for `kForever`.
[[nodiscard]] inline std::chrono::steady_clock::time_point deadline_after(Duration limit) {
  const auto now = std::chrono::steady_clock::now();
  const auto end = std::chrono::steady_clock::time_point::max();
  return limit < end - now ? now + limit : end;
}

/// The words and the kind of an asio failure. `doing`: "connect to 10.0.0.1:6000".
[[nodiscard]] std::unexpected<Error> net_error(std::string_view doing, const asio::error_code& code);

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
