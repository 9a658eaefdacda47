#pragma once

#include <algorithm>
#include <cctype>
#include <string_view>

namespace ece465::http {

/// `text` without surrounding spaces and tabs (OWS of RFC 9110, section 5.6.3).
[[nodiscard]] inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Whether two strings are equal, ignoring case, like header names and codings.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace ece465::http
