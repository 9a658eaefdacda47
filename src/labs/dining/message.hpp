#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ece465::labs {

/// What philosophers and their coordinator say to each other, over pipes and over TCP: one JSON object per line, with
/// the words of the course notes.
///
///     philosopher → coordinator   {"action":"SIT"}                            tcp only; "pid" asks for that seat
///     coordinator → philosopher   {"action":"SEATED","pid":2,"seats":5}       or {"action":"FULL"}
///     philosopher → coordinator   {"action":"REQUEST","pid":2}
///     coordinator → philosopher   {"action":"APPROVED","pid":2}               or {"action":"DENIED","pid":2}
///     philosopher → coordinator   {"action":"RETURN","pid":2}
enum class Action : std::uint8_t { sit, seated, full, request, approved, denied, returned };

struct Message {
  Action action = Action::request;
  int pid = -1;   ///< the seat; -1: not said
  int seats = 0;  ///< of SEATED
};

/// A line longer than this is no message.
constexpr std::size_t kMaxMessageBytes = 256;

/// The line, with its newline.
[[nodiscard]] std::string encode(const Message& message);
/// Reads a line without its newline; nothing when it is no message. What it does not know in an object it passes over.
[[nodiscard]] std::optional<Message> decode(std::string_view line);

}  // namespace ece465::labs
