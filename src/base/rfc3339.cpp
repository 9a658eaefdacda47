#include "ece465/base/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ece465 {
namespace {

using std::chrono::days, std::chrono::hours, std::chrono::minutes, std::chrono::seconds, std::chrono::milliseconds;

constexpr WallTime kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr WallTime kLast = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1) - milliseconds(1);

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Parses a text from the left. After the first mismatch all further calls fail as well.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Exactly `digits` digits, as a number from `min` to `max`.
  int number(std::size_t digits, int min, int max) {
    int value = 0;
    good_ = good_ && rest_.size() >= digits && std::all_of(rest_.begin(), rest_.begin() + digits, is_digit);
    if (!good_) return min;
    for (const char c : rest_.substr(0, digits)) value = value * 10 + (c - '0');
    rest_.remove_prefix(digits);
    good_ = value >= min && value <= max;
    return value;
  }
  /// One character out of `any`.
  char one_of(std::string_view any) {
    good_ = good_ && !rest_.empty() && any.find(rest_[0]) != std::string_view::npos;
    if (!good_) return '\0';
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  /// An optional ".123456".
  milliseconds fraction() {
    if (!good_ || !rest_.starts_with('.')) return {};
    rest_.remove_prefix(1);
    good_ = !rest_.empty() && is_digit(rest_[0]);
    int value = 0, unit = 100;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1), unit /= 10) value += unit * (rest_[0] - '0');
    return milliseconds(value);
  }
  /// Whether everything matched and nothing is left.
  [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

WallTime wall_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

std::string to_rfc3339(WallTime time) {
  time = std::clamp(time, kFirst, kLast);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  Scanner scan(text);
  const int year = scan.number(4, 0, 9999);
  scan.one_of("-");
  const int month = scan.number(2, 1, 12);
  scan.one_of("-");
  const int day = scan.number(2, 1, 31);
  scan.one_of("Tt ");
  const hours hour(scan.number(2, 0, 23));
  scan.one_of(":");
  const minutes minute(scan.number(2, 0, 59));
  scan.one_of(":");
  const seconds second(scan.number(2, 0, 60));
  const milliseconds fraction = scan.fraction();
  minutes offset{};
  if (const char zone = scan.one_of("Zz+-"); zone == '+' || zone == '-') {
    offset = hours(scan.number(2, 0, 23));
    scan.one_of(":");
    offset += minutes(scan.number(2, 0, 59));
    if (zone == '-') offset = -offset;
  }
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!scan.finished() || !date.ok()) {
    return fail(Errc::bad_input, "'{}' is not a time; write it like 2026-11-25T15:27:20.123Z", text);
  }
  return WallTime(std::chrono::sys_days(date)) + hour + minute + second + fraction - offset;
}

}  // namespace ece465
