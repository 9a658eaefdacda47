#include "console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "text.hpp"

namespace ece465::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Terminals are assumed to be UTF-8 unless the locale names another character set.
bool locale_is_unicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(environment(name));
    if (value.empty()) continue;
    std::ranges::transform(value, value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return true;
}

/// Returns 0 or errno.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

winsize size_of(int descriptor, bool terminal) {
  winsize size{};
  const bool known = terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  if (!known || size.ws_col == 0) size.ws_col = 80;
  if (!known || size.ws_row == 0) size.ws_row = 24;
  return size;
}

}  // namespace

std::string Paint::styled(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

Console::Console(int out, int err)
    : out_{out, ::isatty(out) == 1, {}}, err_{err, ::isatty(err) == 1, {}}, dumb_(environment("TERM") == "dumb") {
  if (out_.terminal || err_.terminal) unicode_ = locale_is_unicode();
  set_color(ColorMode::automatic);
  set_log(LogLevel::info, LogFormat::text);
}

Console::~Console() { show_status({}); }

void Console::set_color(ColorMode mode) {
  for (Stream* stream : {&out_, &err_}) {
    const bool wanted = mode == ColorMode::automatic ? stream->terminal && !dumb_ && environment("NO_COLOR").empty()
                                                     : mode == ColorMode::always;
    stream->paint = Paint(wanted);
  }
}

void Console::set_log(LogLevel level, LogFormat format) {
  log_level_ = level;
  log_format_ = format;
  logger_ = std::make_unique<Logger>(level, format, [this](std::string_view line) { write_error_line(line); });
}

std::size_t Console::out_width() const { return size_of(out_.descriptor, out_.terminal).ws_col; }
std::size_t Console::out_height() const { return size_of(out_.descriptor, out_.terminal).ws_row; }
std::size_t Console::err_width() const { return size_of(err_.descriptor, err_.terminal).ws_col; }

void Console::print(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (write_error_) return;  // output with a gap would be worse than none
  if (out_.terminal) hide_status_locked();
  if (const int code = write_all(out_.descriptor, text); code != 0) write_error_ = code;
}

void Console::error(std::string_view message) { print_message(err_.paint.bold(err_.paint.red("error: ")), message); }
void Console::note(std::string_view message) { print_message(err_.paint.yellow("note: "), message); }

void Console::print_message(std::string_view label, std::string_view message) {
  write_error_line(fmt::format("ece465: {}{}\n", label, printable(message)));
}

void Console::write_error_line(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  hide_status_locked();
  // Write errors are ignored: there is nowhere to report them.
  (void)write_all(err_.descriptor, line);
}

void Console::show_status(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  if (line.empty()) {
    hide_status_locked();
  } else if (can_show_status()) {
    (void)write_all(err_.descriptor, fmt::format("\r{}\x1b[K", line));
    status_shown_ = true;
  }
}

void Console::hide_status_locked() {
  if (!status_shown_) return;
  (void)write_all(err_.descriptor, "\r\x1b[K");
  status_shown_ = false;
}

Result<void> Console::output_result() const {
  const std::scoped_lock lock(mutex_);
  if (!write_error_) return {};
  if (*write_error_ == EPIPE) return fail(Errc::io, "");
  return fail(Errc::io, "standard output: cannot write: {}", std::generic_category().message(*write_error_));
}

// Switches to the alternate screen, without a cursor, and back.
Screen::Screen(Console& console) : console_(console) { console_.print("\x1b[?1049h\x1b[?25l"); }
Screen::~Screen() { console_.print("\x1b[?25h\x1b[?1049l"); }

void Screen::draw(const std::vector<std::string>& lines) {
  const std::size_t count = std::min(lines.size(), console_.out_height());
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  console_.print(text + "\x1b[J");
}

}  // namespace ece465::cli
