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

/// Cuts a line at runs of spaces and tabs, from the left.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  /// The next field; empty when there is none.
  std::string_view next();
  /// What is left, without the blanks around it.
  [[nodiscard]] std::string_view rest() const;

 private:
  std::string_view rest_;
};

/// Decimal digits only, up to `most`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most = UINT64_MAX);

/// A field that may stand in a header: printable ASCII without blanks, not empty.
[[nodiscard]] bool is_token(std::string_view text);

/// Up to 60 bytes of what came, quotes around it, anything unprintable escaped: for messages.
[[nodiscard]] std::string quoted(std::string_view text);

/// Free text made fit for one line, a log and JSON: control characters become spaces, what is no UTF-8 becomes
/// U+FFFD, it is cut, between characters, to `max_bytes`, and has no blanks around it. Doing it twice changes nothing.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t max_bytes);

/// The key=value fields that end a line of ECE465/2. Keys that nobody asks for are ignored: later versions add.
class Attributes {
 public:
  /// Reads all fields that are left. Fails with `corrupt`: a field without '=', a key twice, too many.
  [[nodiscard]] static Result<Attributes> parse(Fields& fields, const WireLimits& limits);

  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;
  /// Fails with `corrupt` when the key is there and its value is no number up to `most`.
  [[nodiscard]] Result<std::optional<std::uint64_t>> number(std::string_view key,
                                                            std::uint64_t most = UINT64_MAX) const;
  /// As `number`, and fails when the key is missing.
  [[nodiscard]] Result<std::uint64_t> required(std::string_view key, std::uint64_t most = UINT64_MAX) const;

 private:
  std::vector<std::pair<std::string_view, std::string_view>> pairs_;
};

}  // namespace ece465::wire
