#include "fields.hpp"

#include <algorithm>
#include <charconv>

#include "ece465/base/utf8.hpp"

namespace ece465::wire {
namespace {

constexpr std::string_view kBlanks = " \t";

}  // namespace

std::string_view Fields::next() {
  rest_ = rest();
  const std::size_t end = std::min(rest_.find_first_of(kBlanks), rest_.size());
  const std::string_view field = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return field;
}

std::string_view Fields::rest() const {
  const std::size_t first = rest_.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return rest_.substr(first, rest_.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped, problem] = std::from_chars(begin, end, value);  // takes no sign for an unsigned type
  if (problem != std::errc() || stopped != end || value > max) return std::nullopt;
  return value;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string out = "'";
  for (const char c : text.substr(0, kShown)) {
    if (c >= ' ' && c < '\x7F') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  out += text.size() > kShown ? "'..." : "'";
  return out;
}

std::string clean_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), max_bytes));
  while (!text.empty()) {
    std::string_view character = take_utf8(text);
    if (is_control(character)) character = " ";
    if (out.empty() && character == " ") continue;
    if (out.size() + character.size() > max_bytes) break;
    out += character;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

Result<Attributes> Attributes::parse(Fields& fields, const WireLimits& limits) {
  Attributes attributes;
  for (std::string_view field = fields.next(); !field.empty(); field = fields.next()) {
    const std::size_t equals = field.find('=');
    if (equals == 0 || equals == std::string_view::npos || !is_token(field)) {
      return fail(Errc::corrupt, "{} is not of the form key=value", quoted(field));
    }
    const std::string_view key = field.substr(0, equals);
    if (attributes.text(key)) return fail(Errc::corrupt, "duplicate key {}", quoted(key));
    if (attributes.pairs_.size() == limits.max_attributes) {
      return fail(Errc::corrupt, "more than {} attributes", limits.max_attributes);
    }
    attributes.pairs_.emplace_back(key, field.substr(equals + 1));
  }
  return attributes;
}

std::optional<std::string_view> Attributes::text(std::string_view key) const {
  const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const auto& pair) { return pair.first == key; });
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<std::uint64_t>> Attributes::number(std::string_view key, std::uint64_t max) const {
  const auto value = text(key);
  if (!value) return std::optional<std::uint64_t>();
  const auto number = parse_number(*value, max);
  if (!number) return fail(Errc::corrupt, "{}={} is not a number from 0 to {}", key, quoted(*value), max);
  return number;
}

Result<std::uint64_t> Attributes::required(std::string_view key, std::uint64_t max) const {
  ECE465_ASSIGN(const auto value, number(key, max));
  if (!value) return fail(Errc::corrupt, "{}= is missing", key);
  return *value;
}

}  // namespace ece465::wire
