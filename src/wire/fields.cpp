#include "fields.hpp"

#include <algorithm>
#include <charconv>

namespace ece465::wire {
namespace {

constexpr std::string_view kBlanks = " \t";

/// How many bytes the UTF-8 character at the start of `text` takes; 0: it is none (truncated, overlong,
/// surrogate, beyond U+10FFFF). Unicode 15, table 3-7.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    return continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

/// U+0080 to U+009F: control characters too, to terminals that are old enough.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
}

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

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped, problem] = std::from_chars(begin, end, value);  // takes no sign for an unsigned type
  if (problem != std::errc() || stopped != end || value > most) return std::nullopt;
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
    const std::size_t length = utf8_length(text);
    std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    if (length == 0) {
      character = "\xEF\xBF\xBD";
    } else if (static_cast<unsigned char>(character[0]) < ' ' || character == "\x7F" || is_c1_control(character)) {
      character = " ";
    }
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
      return fail(Errc::corrupt, "{} is no key=value", quoted(field));
    }
    const std::string_view key = field.substr(0, equals);
    if (attributes.text(key)) return fail(Errc::corrupt, "{} is there twice", quoted(key));
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

Result<std::optional<std::uint64_t>> Attributes::number(std::string_view key, std::uint64_t most) const {
  const auto value = text(key);
  if (!value) return std::optional<std::uint64_t>();
  const auto number = parse_number(*value, most);
  if (!number) return fail(Errc::corrupt, "{}={} is no number from 0 to {}", key, quoted(*value), most);
  return number;
}

Result<std::uint64_t> Attributes::required(std::string_view key, std::uint64_t most) const {
  ECE465_ASSIGN(const auto value, number(key, most));
  if (!value) return fail(Errc::corrupt, "{}= is missing", key);
  return *value;
}

}  // namespace ece465::wire
