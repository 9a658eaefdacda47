#include "ece465/base/logger.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

namespace ece465 {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "?";
}

/// Bytes of the UTF-8 character at the start of `text`, which is not empty; 0 if there is none: Unicode's table of
/// well-formed sequences, in which the second byte alone has other bounds than 80 to BF.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (n == 0 || text.size() < n) return 0;
  const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < n; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  return n;
}

/// The control characters, those of Latin-1 (U+0080 to U+009F) included: terminals know them, too.
bool is_control(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

unsigned code_of_control(std::string_view character) {
  return static_cast<unsigned char>(character.back());  // the second byte of U+0080 to U+009F is the number itself
}

/// Appends `text` with what is harmful spelled out; `in_quotes`: quotes and backslashes, too.
void append_escaped(std::string& out, std::string_view text, LogFormat format, bool in_quotes) {
  while (!text.empty()) {
    const std::size_t n = character_bytes(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(n, 1));
    text.remove_prefix(character.size());
    if (n == 0) {
      out += "\xEF\xBF\xBD";
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\r") {
      out += "\\r";
    } else if (character == "\t") {
      out += "\\t";
    } else if (is_control(character)) {
      out += fmt::format("\\{}{:02x}", format == LogFormat::json ? "u00" : "x", code_of_control(character));
    } else if (in_quotes && (character == "\"" || character == "\\")) {
      out.append("\\").append(character);
    } else {
      out += character;
    }
  }
}

void append_quoted(std::string& out, std::string_view text, LogFormat format) {
  out += '"';
  append_escaped(out, text, format, true);
  out += '"';
}

/// Whether a value can stand after its `=` as it is.
bool is_plain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

LogField::LogField(std::string_view name, double what)
    : key(name), value(fmt::format("{}", what)), bare(std::isfinite(what)) {}

std::string log_line(LogFormat format, LogLevel level, WallTime time, std::string_view message, LogFields fields) {
  std::string line;
  if (format == LogFormat::text) {
    line = fmt::format("{} {} ", to_rfc3339(time), level_name(level));
    append_escaped(line, message, format, false);
    for (const LogField& field : fields) {
      line.append(" ").append(field.key).append("=");
      if (is_plain(field.value)) {
        line += field.value;
      } else {
        append_quoted(line, field.value, format);
      }
    }
    return line + '\n';
  }
  line = fmt::format(R"({{"time":"{}","level":"{}","message":)", to_rfc3339(time), level_name(level));
  append_quoted(line, message, format);
  for (const LogField& field : fields) {
    line.append(",\"").append(field.key).append("\":");
    if (field.bare) {
      line += field.value;
    } else {
      append_quoted(line, field.value, format);
    }
  }
  return line + "}\n";
}

Logger::Logger(LogLevel level, LogFormat format, int descriptor)
    : Logger(level, format, [descriptor](std::string_view line) { write_all(descriptor, line); }) {}

Logger::Logger(LogLevel level, LogFormat format, std::function<void(std::string_view line)> sink)
    : level_(level), format_(format), sink_(std::move(sink)) {}

void Logger::log(LogLevel level, std::string_view message, LogFields fields) {
  if (!wants(level)) return;
  const std::string line = log_line(format_, level, wall_now(), message, fields);
  const std::scoped_lock lock(mutex_);
  sink_(line);
}

}  // namespace ece465
