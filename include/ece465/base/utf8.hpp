#pragma once

#include <cstddef>
#include <string_view>

namespace ece465 {

/// U+FFFD, which stands for a byte that is not part of a UTF-8 character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Bytes of the well-formed UTF-8 character (RFC 3629) at the start of `text`, which must not be empty; 0 if there is
/// none: a stray or missing byte, an overlong form, a surrogate, or a code point beyond U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// Removes the first character from `text`, which must not be empty, and returns it. A byte that does not start a
/// well-formed character is returned as kReplacementCharacter.
std::string_view take_utf8(std::string_view& text);

/// Whether all of `text` is well-formed UTF-8; anything else must not get into JSON.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Whether a character, as returned by `take_utf8`, is a control character, including U+0080 to U+009F, which terminals
/// obey as well.
[[nodiscard]] bool is_control(std::string_view character);

}  // namespace ece465
