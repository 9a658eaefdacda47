#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

namespace ece465::wire {

/// Splits a line at runs of spaces and tabs, from the left.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  /// Removes and returns the next field; empty if there is none.
  std::string_view next();
  /// The rest of the line, trimmed.
  [[nodiscard]] std::string_view rest() const;

 private:
  std::string_view rest_;
};

/// Parses decimal digits only, up to `max`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max = UINT64_MAX);

/// Whether `text` can be a field of a header: printable ASCII without blanks, not empty.
[[nodiscard]] bool is_token(std::string_view text);

/// For messages: up to 60 bytes of a peer's text in quotes, with unprintable bytes escaped.
[[nodiscard]] std::string quoted(std::string_view text);

/// Makes free text safe for one line, a log and JSON: control characters become spaces, bytes that are not UTF-8 become
/// U+FFFD, and the text is truncated to `max_bytes` between characters and trimmed. Idempotent.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t max_bytes);

/// The key=value fields at the end of an ECE465/2 line. Unknown keys are ignored: later versions may add some.
class Attributes {
 public:
  /// Parses all remaining fields. Fails with `corrupt` on a field without '=', a duplicate key, or too many fields.
  [[nodiscard]] static Result<Attributes> parse(Fields& fields, const WireLimits& limits);

  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
  /// Fails with `corrupt` if the key is present but its value is not a number up to `max`.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view key, std::uint64_t max = UINT64_MAX) const;
  /// Like `number`, but also fails if the key is missing.
  [[nodiscard]] Result<std::uint64_t> required(std::string_view key, std::uint64_t max = UINT64_MAX) const;

 private:
  std::vector<std::pair<std::string_view, std::string_view>> pairs_;
};

}  // namespace ece465::wire
