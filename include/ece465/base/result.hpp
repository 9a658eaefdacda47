#pragma once

#include <fmt/format.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ece465 {

/// The kind of a failure. There are few, because callers branch on them; people read `Error::text()`.
enum class Errc {
  usage,        ///< the request itself is invalid
  bad_input,    ///< an input is unreadable, or of the wrong kind
  not_found,    ///< the named file or job does not exist
  unsupported,  ///< a well-formed input of a kind that is not supported
  too_large,    ///< a limit or the memory budget would be exceeded
  corrupt,      ///< an input contradicts itself or ends early
  io,           ///< output failed: unwritable folder, existing file, broken disk
  no_space,     ///< output failed for lack of space: full disk, quota, file size limit
  timeout,      ///< a peer did not answer in time
  unavailable,  ///< a peer cannot be reached
  cancelled,    ///< a stop was requested
  internal,     ///< a bug, here or in a library
};

/// The name of a code in JSON ("bad_input"), and the code of a name.
[[nodiscard]] std::string_view errc_name(Errc code);
[[nodiscard]] std::optional<Errc> parse_errc(std::string_view name);

/// A failure: what kind it is, what it is about, and what went wrong. Programs branch on `code`; people read `text()`.
struct Error {
  Errc code = Errc::internal;
  std::string message;       ///< what went wrong, without the subject
  std::string subject = {};  ///< the file, peer, URL or option that it is about; empty if no layer has named it yet

  /// "scan.tif: strip 5: ends early"
  [[nodiscard]] std::string text() const { return subject.empty() ? message : fmt::format("{}: {}", subject, message); }
  bool operator==(const Error&) const = default;
};

/// Returned by operations that can fail for external reasons. Our own code does not throw.
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

/// Prefixes the message with the part of the subject that failed ("page 2"), in a layer that knows it.
[[nodiscard]] inline std::unexpected<Error> within(std::string_view part, Error error) {
  error.message = fmt::format("{}: {}", part, error.message);
  return std::unexpected(std::move(error));
}

/// Sets the subject of an error, unless a lower layer has: a failed write names the output, but a decoder does not know
/// the name of the file.
[[nodiscard]] inline std::unexpected<Error> about(std::string_view subject, Error error) {
  if (error.subject.empty()) error.subject = subject;
  return std::unexpected(std::move(error));
}

}  // namespace ece465

// GCC 12's std::expected does not have and_then yet; these two macros are the only way errors are propagated.
#define ECE465_CONCAT_(a, b) a##b
#define ECE465_CONCAT(a, b) ECE465_CONCAT_(a, b)

/// Evaluates a `Result<void>` and returns its error, if any.
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
