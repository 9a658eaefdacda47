#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ece465::labs {

/// The protocol between philosophers and their coordinator, over pipes and TCP: one JSON object per line, in the
/// course's words.
///
///     philosopher → coordinator   {"action":"SIT"}                            TCP only; an optional "pid" requests
///     that seat coordinator → philosopher   {"action":"SEATED","pid":2,"seats":5}       or {"action":"FULL"}
///     philosopher → coordinator   {"action":"REQUEST","pid":2}
///     coordinator → philosopher   {"action":"APPROVED","pid":2}               or {"action":"DENIED","pid":2}
///     philosopher → coordinator   {"action":"RETURN","pid":2}
enum class Action : std::uint8_t { sit, seated, full, request, approved, denied, returned };

struct Message {
  Action action = Action::request;
  int pid = -1;   ///< the seat; -1: none given
  int seats = 0;  ///< of SEATED
};

/// Longer lines are invalid.
constexpr std::size_t kMaxMessageBytes = 256;

/// A line with its newline.
[[nodiscard]] std::string encode(const Message& message);
/// Parses a line without its newline; nothing if it is not a message. Unknown keys are ignored.
[[nodiscard]] std::optional<Message> decode(std::string_view line);

}  // namespace ece465::labs
