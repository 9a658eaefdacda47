#include "ece465/base/logger.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include "ece465/base/utf8.hpp"

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

unsigned code_of_control(std::string_view character) {
  return static_cast<unsigned char>(character.back());  // also of U+0080 to U+009F, whose second byte is the code
}

/// Appends `text` with control characters escaped, and with `in_quotes` also quotes and backslashes.
void append_escaped(std::string& out, std::string_view text, LogFormat format, bool in_quotes) {
  while (!text.empty()) {
    const std::string_view character = take_utf8(text);
    if (character == "\n") {
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

/// Whether a value needs no quotes in a text line.
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
