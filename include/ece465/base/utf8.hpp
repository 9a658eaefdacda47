#pragma once

#include <string_view>

namespace ece465 {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no byte that belongs to no character, no overlong form, no
/// surrogate, nothing beyond U+10FFFF. What is not must not get into JSON.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace ece465
