#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace ece465 {

/// What kind of trouble it was. Few on purpose: callers branch on these, people read `Error::what`.
enum class Errc {
  usage,        ///< the caller asked for something that makes no sense
  bad_input,    ///< an input is missing, unreadable, or not what it should be
  unsupported,  ///< a well-formed input of a kind that is not handled
  too_large,    ///< a limit or the memory budget would be exceeded
  corrupt,      ///< an input contradicts itself or ends early
  io,           ///< output trouble: unwritable folder, existing file, broken disk
  no_space,     ///< output trouble that room would cure: full disk, quota, a limit on file sizes
  timeout,      ///< a peer did not answer in time
  unavailable,  ///< a peer cannot be reached
  cancelled,    ///< somebody asked to stop
  internal,     ///< a bug, or a library that broke its word
};

/// One failure, with the words a person sees: `what failed: subject: reason`.
struct Error {
  Errc code = Errc::internal;
  std::string what;
};

/// Whatever the world can spoil returns one of these. Nothing of ours throws.
template <class T = void>
using Result = std::expected<T, Error>;

/// Makes the unexpected value of a `Result`: `return fail(Errc::corrupt, "strip {} ends early", i);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(Errc code, fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

/// Puts `subject` before an error's words, as an error rises through a layer that knows more.
[[nodiscard]] inline std::unexpected<Error> within(std::string_view subject, Error error) {
  error.what = fmt::format("{}: {}", subject, error.what);
  return std::unexpected(std::move(error));
}

}  // namespace ece465

// GCC 12's std::expected has no and_then yet; these two macros are the only way errors are passed on.
#define ECE465_CONCAT_(a, b) a##b
#define ECE465_CONCAT(a, b) ECE465_CONCAT_(a, b)

/// Runs an expression that yields a `Result<void>` and returns its error, if any.
#define ECE465_TRY(expression) ECE465_TRY_(ECE465_CONCAT(ece465_result_, __LINE__), expression)
#define ECE465_TRY_(name, expression)                                                     \
  do {                                                                                    \
    if (auto name = (expression); !name) return std::unexpected(std::move(name).error()); \
  } while (false)

/// `ECE465_ASSIGN(auto x, f());` declares or sets `x` from a `Result`, or returns its error.
#define ECE465_ASSIGN(target, expression) ECE465_ASSIGN_(ECE465_CONCAT(ece465_result_, __LINE__), target, expression)
#define ECE465_ASSIGN_(name, target, expression)              \
  auto name = (expression);                                   \
  if (!name) return std::unexpected(std::move(name).error()); \
  target = *std::move(name)
