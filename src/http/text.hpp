#pragma once

#include <string_view>

namespace ece465::http {

/// `text` without the blanks and tabs around it: OWS of RFC 9110, section 5.6.3.
[[nodiscard]] inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace ece465::http
