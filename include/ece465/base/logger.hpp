#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>

#include "ece465/base/result.hpp"
#include "ece465/base/rfc3339.hpp"

/// The log of a long-running command: one line per event, as text or JSON.
///
///     2026-11-25T15:27:20.123Z info worker joined worker=node-7 peer=10.0.0.2:4000
///     {"time":"2026-11-25T15:27:20.123Z","level":"info","message":"worker joined","worker":"node-7",...}
///
/// spdlog was tried and not used. It formats one message and passes it to a sink; fields, quoting, JSON and escaping of
/// control characters would still be ours. Either way a line takes about a microsecond, but header-only spdlog adds 5 s
/// to the compilation of each file that uses it, and as a library it is one more to load at every start.

namespace ece465 {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };

/// One `key=value` of an event. The key is a constant of the program (lower-case letters, digits, '_'); the value is
/// anything that fmt can print, and is not trusted.
struct LogField {
  std::string_view key;
  std::string value;
  bool bare = false;  ///< a number or a boolean, written without quotes in JSON

  template <class T>
  LogField(std::string_view name, const T& what)
      : key(name), value(fmt::format("{}", what)), bare(std::is_integral_v<T> && !std::is_same_v<T, char>) {}
  LogField(std::string_view name, double what);
  LogField(std::string_view name, float what) : LogField(name, static_cast<double>(what)) {}
};
using LogFields = std::initializer_list<LogField>;

/// The line of an event, including its newline. In text, a value is quoted where it would otherwise be ambiguous.
/// Untrusted values cannot break the line or control a terminal: control characters are escaped (`\n`, `\x1b`), and
/// bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string log_line(LogFormat format, LogLevel level, WallTime time, std::string_view message,
                                   LogFields fields);

/// Writes the events of one program; thread-safe. Events below `level` are dropped, but their fields have been
/// formatted by then: check `wants` before costly ones.
class Logger {
 public:
  /// Writes to a descriptor that must stay open as long as the logger lives, with one write(2) per line, so that lines
  /// of several processes on one file or pipe do not mix. Write errors are ignored: there is nowhere to report them.
  explicit Logger(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text, int descriptor = 2);
  /// Passes every line to `sink`, one at a time.
  Logger(LogLevel level, LogFormat format, std::function<void(std::string_view line)> sink);

  [[nodiscard]] bool wants(LogLevel level) const { return level >= level_; }
  void log(LogLevel level, std::string_view message, LogFields fields = {});
  void debug(std::string_view message, LogFields fields = {}) { log(LogLevel::debug, message, fields); }
  void info(std::string_view message, LogFields fields = {}) { log(LogLevel::info, message, fields); }
  void warn(std::string_view message, LogFields fields = {}) { log(LogLevel::warn, message, fields); }
  void error(std::string_view message, LogFields fields = {}) { log(LogLevel::error, message, fields); }

 private:
  LogLevel level_;
  LogFormat format_;
  std::mutex mutex_;  // guards the sink: one line at a time
  std::function<void(std::string_view)> sink_;
};

}  // namespace ece465
