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

/// The log of a long-running role: one line per event, for people and for programs.
///
///     2026-11-25T15:27:20.123Z info worker joined worker=node-7 peer=10.0.0.2:4000
///     {"time":"2026-11-25T15:27:20.123Z","level":"info","message":"worker joined","worker":"node-7",...}
///
/// Not on spdlog, which was tried. It formats one message and hands it to a sink; what these lines need (fields,
/// quoting, JSON, control characters made harmless) it leaves to its user, so all that it would do is put the time
/// before a finished string and write it. Both ways that takes about a microsecond a line; but spdlog as headers
/// adds 5 s to compiling whatever uses it, and as a library one more to load at every start.

namespace ece465 {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };

/// One `key=value` of an event. The key is a name that the program chose (small letters, digits, '_'); the value is
/// anything that fmt can print, and may come from anywhere.
struct LogField {
  std::string_view key;
  std::string value;
  bool bare = false;  ///< a number or a truth value: JSON has it without quotes

  template <class T>
  LogField(std::string_view name, const T& what)
      : key(name), value(fmt::format("{}", what)), bare(std::is_integral_v<T> && !std::is_same_v<T, char>) {}
  LogField(std::string_view name, double what);
  LogField(std::string_view name, float what) : LogField(name, static_cast<double>(what)) {}
};
using LogFields = std::initializer_list<LogField>;

/// The line of an event, newline included. In text a value stands in quotes when it would be read wrongly without.
/// Whatever comes from outside stays within the line and sends nothing to a terminal: control characters are spelled
/// out (`\n`, `\x1b`), bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string log_line(LogFormat format, LogLevel level, WallTime time, std::string_view message,
                                   LogFields fields);

/// Where events of one program go. Passed by reference to whoever has something to tell; thread-safe. Events below
/// `level` are not written, but their fields were made: ask `wants` before costly ones.
class Logger {
 public:
  /// Writes to a descriptor that stays open as long as the logger; one write(2) per line, so that lines of several
  /// processes on one file or pipe do not mix. There is nobody to tell that it cannot be written to.
  explicit Logger(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text, int descriptor = 2);
  /// Hands every line to `sink`, one at a time.
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
