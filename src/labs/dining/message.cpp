#include "message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "ece465/labs/dine.hpp"

namespace ece465::labs {
namespace {

constexpr std::array<std::string_view, 7> kActions{"SIT", "SEATED", "FULL", "REQUEST", "APPROVED", "DENIED", "RETURN"};

/// object[name] within [0, max], or `missing`. Sets `invalid` if it is anything else.
int number_in(const nlohmann::json& object, const char* name, int max, int missing, bool& invalid) {
  const auto at = object.find(name);
  if (at == object.end()) return missing;
  if (!at->is_number_unsigned() || at->get<std::uint64_t>() > static_cast<std::uint64_t>(max)) {
    invalid = true;
    return missing;
  }
  return at->get<int>();
}

}  // namespace

std::string encode(const Message& message) {
  std::string line = fmt::format(R"({{"action":"{}")", kActions[static_cast<std::size_t>(message.action)]);
  if (message.pid >= 0) line += fmt::format(R"(,"pid":{})", message.pid);
  if (message.action == Action::seated) line += fmt::format(R"(,"seats":{})", message.seats);
  return line + "}\n";
}

std::optional<Message> decode(std::string_view line) {
  if (line.size() > kMaxMessageBytes) return std::nullopt;
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto action = object.find("action");
  if (action == object.end() || !action->is_string()) return std::nullopt;
  const auto* const known = std::ranges::find(kActions, action->get_ref<const std::string&>());
  if (known == kActions.end()) return std::nullopt;
  bool invalid = false;
  Message message;
  message.action = static_cast<Action>(known - kActions.begin());
  message.pid = number_in(object, "pid", kMaxPhilosophers - 1, -1, invalid);
  message.seats = number_in(object, "seats", kMaxPhilosophers, 0, invalid);
  if (invalid || (message.action == Action::seated && (message.seats < 2 || message.pid < 0))) return std::nullopt;
  return message;
}

}  // namespace ece465::labs
