#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/logger.hpp"
#include "ece465/base/result.hpp"

namespace ece465::cli {

enum class ColorMode { automatic, always, never };

/// Colors text, unless color is off.
class Paint {
 public:
  Paint() = default;
  explicit Paint(bool on) : on_(on) {}
  [[nodiscard]] bool on() const { return on_; }
  [[nodiscard]] std::string bold(std::string_view text) const { return styled("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return styled("2", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return styled("31", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return styled("32", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return styled("33", text); }
  [[nodiscard]] std::string blue(std::string_view text) const { return styled("34", text); }
  [[nodiscard]] std::string yellow_on_blue(std::string_view text) const { return styled("33;44", text); }
  [[nodiscard]] std::string cyan(std::string_view text) const { return styled("36", text); }

 private:
  [[nodiscard]] std::string styled(std::string_view code, std::string_view text) const;
  bool on_ = false;
};

/// Standard output and standard error. Results go to standard output, everything else to standard error, which may also
/// show a status line below the others. Thread-safe.
class Console {
 public:
  /// Reads NO_COLOR, TERM and the locale from the environment.
  explicit Console(int out = 1, int err = 2);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// `automatic`: a stream has color if it is a terminal that supports it and NO_COLOR is empty.
  void set_color(ColorMode mode);

  [[nodiscard]] bool out_is_terminal() const { return out_.terminal; }
  /// Whether standard error can show a line that is rewritten in place.
  [[nodiscard]] bool can_show_status() const { return err_.terminal && !dumb_; }
  [[nodiscard]] const Paint& out_paint() const { return out_.paint; }
  [[nodiscard]] const Paint& err_paint() const { return err_.paint; }
  /// Columns, queried each time because windows change their size; 80 if it is not a terminal.
  [[nodiscard]] std::size_t out_width() const;
  [[nodiscard]] std::size_t err_width() const;
  /// Whether block and line-drawing characters can be shown.
  [[nodiscard]] bool unicode() const { return unicode_; }
  /// Whether standard output is a terminal that can be drawn on.
  [[nodiscard]] bool can_draw() const { return out_.terminal && !dumb_; }
  /// Rows; 24 if it is not a terminal.
  [[nodiscard]] std::size_t out_height() const;
  /// The file descriptor of standard output, for binary data.
  [[nodiscard]] int out_descriptor() const { return out_.descriptor; }

  /// Writes text to standard output immediately. `output_result` returns the first failure.
  void print(std::string_view text);
  /// Prints "ece465: error: <message>" on standard error, with control characters escaped.
  void error(std::string_view message);
  /// Prints "ece465: note: <message>".
  void note(std::string_view message);
  /// The log of long-running commands: whole lines on standard error, in the format and from the level set by
  /// `set_log`. Call that first: it replaces the logger.
  [[nodiscard]] Logger& logger() { return *logger_; }
  void set_log(LogLevel level, LogFormat format);
  [[nodiscard]] LogLevel log_level() const { return log_level_; }
  [[nodiscard]] LogFormat log_format() const { return log_format_; }
  /// Shows a status line until the next call; an empty one removes it. Does nothing unless `can_show_status`. `line`
  /// must fit the width.
  void show_status(std::string_view line);

  /// Whether everything was printed. If the reader has closed the pipe (EPIPE) the error has no message: there is
  /// nothing to report.
  [[nodiscard]] Result<void> output_result() const;

 private:
  struct Stream {
    int descriptor;
    bool terminal;
    Paint paint;
  };

  void hide_status_locked();
  void print_message(std::string_view label, std::string_view message);
  void write_error_line(std::string_view line);

  std::unique_ptr<Logger> logger_;
  LogLevel log_level_ = LogLevel::info;
  LogFormat log_format_ = LogFormat::text;
  Stream out_, err_;
  bool dumb_ = false;
  bool unicode_ = true;
  mutable std::mutex mutex_;  // guards all below, and keeps lines whole
  bool status_shown_ = false;
  std::optional<int> write_error_;
};

/// Takes over the whole window of standard output, and restores its content in the end. Requires `Console::can_draw`.
class Screen {
 public:
  explicit Screen(Console& console);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Shows these lines, each at most as wide as the window, and nothing else. Lines below the window are omitted.
  void draw(const std::vector<std::string>& lines);

 private:
  Console& console_;
};

}  // namespace ece465::cli
