#pragma once

#include <string_view>

#include "ece465/base/result.hpp"

namespace ece465 {

/// An error's words without the subject that they begin with: "a.tif: ends early" said of "a.tif" is "ends early".
[[nodiscard]] inline std::string_view without_subject(std::string_view subject, std::string_view words) {
  constexpr std::string_view kColon = ": ";
  const auto rest = words.substr(words.starts_with(subject) ? subject.size() : words.size());
  return !subject.empty() && rest.starts_with(kColon) ? rest.substr(kColon.size()) : words;
}

/// `within`, for errors some of which name their subject already: what was read from a file tells which, what is wrong
/// with an image does not.
[[nodiscard]] inline std::unexpected<Error> about(std::string_view subject, Error error) {
  error.what = without_subject(subject, error.what);
  return within(subject, std::move(error));
}

}  // namespace ece465
