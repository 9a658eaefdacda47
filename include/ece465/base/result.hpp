#pragma once

#include <fmt/format.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ece465 {

/// What kind of trouble it was. Few on purpose: callers branch on these, people read `Error::text()`.
enum class Errc {
  usage,        ///< the caller asked for something that makes no sense
  bad_input,    ///< an input is unreadable, or not what it should be
  not_found,    ///< the named file or job does not exist
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

/// The code's name in JSON ("bad_input"), and the code of such a name.
[[nodiscard]] std::string_view errc_name(Errc code);
[[nodiscard]] std::optional<Errc> parse_errc(std::string_view name);

/// A failure: what kind it is, what it is about, and what went wrong. Programs branch on `code`; people read `text()`.
struct Error {
  Errc code = Errc::internal;
  std::string message;       ///< what went wrong, without the subject
  std::string subject = {};  ///< the file, peer, URL or option that it is about; empty if no layer has named it yet

  /// "scan.tif: strip 5: ends early"
  [[nodiscard]] std::string text() const { return subject.empty() ? message : fmt::format("{}: {}", subject, message); }
};

/// Operations that can fail for external reasons return one of these. Nothing of ours throws.
template <class T = void>
using Result = std::expected<T, Error>;

/// Makes the unexpected value of a `Result`: `return fail(Errc::corrupt, "strip {} ends early", i);`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(Errc code, fmt::format_string<Args...> message, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(message, std::forward<Args>(args)...)});
}

/// The same for a failure whose subject is known: `return fail_on(path, Errc::io, "cannot write");`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_on(std::string subject, Errc code, fmt::format_string<Args...> message,
                                             Args&&... args) {
  return std::unexpected(Error{code, fmt::format(message, std::forward<Args>(args)...), std::move(subject)});
}

/// Names the part of the subject that failed ("page 2"), as an error rises through a layer that knows it.
[[nodiscard]] inline std::unexpected<Error> within(std::string_view part, Error error) {
  error.message = fmt::format("{}: {}", part, error.message);
  return std::unexpected(std::move(error));
}

/// Names the subject of an error, unless a lower layer has: what failed to write names the output, what is wrong with
/// an image does not know which file it came from.
[[nodiscard]] inline std::unexpected<Error> about(std::string_view subject, Error error) {
  if (error.subject.empty()) error.subject = subject;
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
