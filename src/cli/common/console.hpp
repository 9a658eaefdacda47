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

/// Words in colour, or plain where colour is off.
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

/// Standard output and standard error of a run. Standard output is the product; everything else goes to
/// standard error, where a status line may stand that others' lines push aside. Thread-safe.
class Console {
 public:
  /// Reads the environment: NO_COLOR, TERM, and the locale for what the terminal can show.
  explicit Console(int out = 1, int err = 2);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// `automatic`: each stream has colour when it is a terminal that knows some, and NO_COLOR is empty.
  void set_color(ColorMode mode);

  [[nodiscard]] bool out_is_terminal() const { return out_.terminal; }
  /// Standard error can show a line that is rewritten in place.
  [[nodiscard]] bool can_show_status() const { return err_.terminal && !dumb_; }
  [[nodiscard]] const Paint& out_paint() const { return out_.paint; }
  [[nodiscard]] const Paint& err_paint() const { return err_.paint; }
  /// Columns; asked for anew each time, since windows change their size. 80 where there is no terminal.
  [[nodiscard]] std::size_t out_width() const;
  [[nodiscard]] std::size_t err_width() const;
  /// Block and line-drawing characters come out right.
  [[nodiscard]] bool unicode() const { return unicode_; }
  /// Standard output is a terminal that can be drawn on.
  [[nodiscard]] bool can_draw() const { return out_.terminal && !dumb_; }
  /// Rows of that terminal; 24 where there is none.
  [[nodiscard]] std::size_t out_height() const;
  /// The file descriptor behind standard output, for binary data.
  [[nodiscard]] int out_descriptor() const { return out_.descriptor; }

  /// Writes text to standard output at once. The first failure is kept for `output_result`.
  void print(std::string_view text);
  /// One line on standard error: "ece465: error: <message>", control characters spelled out.
  void error(std::string_view message);
  /// The same for what is no error.
  void note(std::string_view message);
  /// What a long-running command tells of goes here: whole lines on standard error, in the form and from the level
  /// that `set_log` chose before. Lives as long as the console.
  [[nodiscard]] Logger& logger() { return *logger_; }
  void set_log(LogLevel level, LogFormat format);
  [[nodiscard]] LogLevel log_level() const { return log_level_; }
  [[nodiscard]] LogFormat log_format() const { return log_format_; }
  /// Shows a line of progress until the next call; an empty one takes it away. Only where
  /// `can_show_status`. `line` must fit the width.
  void show_status(std::string_view line);

  /// Whether everything printed arrived. A reader that went away (EPIPE) fails with an empty message: it
  /// knows, and there is nothing to tell anybody else.
  [[nodiscard]] Result<void> output_result() const;

 private:
  struct Stream {
    int descriptor;
    bool terminal;
    Paint paint;
  };

  void hide_status_locked();
  void complain(std::string_view label, std::string_view message);
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

/// The whole window of standard output, to draw on again and again. What stood there before comes back when this
/// goes. Only where the console `can_draw`.
class Screen {
 public:
  explicit Screen(Console& console);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Shows these lines, each at most as wide as the window, and nothing else; those that find no room are left out.
  void draw(const std::vector<std::string>& lines);

 private:
  Console& console_;
};

}  // namespace ece465::cli
