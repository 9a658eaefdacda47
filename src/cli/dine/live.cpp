#include "live.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "common/text.hpp"
#include "report.hpp"

namespace ece465::cli {
namespace {

constexpr std::size_t kMaxInCircle = 24;

std::string_view activity_word(labs::Activity activity) {
  switch (activity) {
    case labs::Activity::thinking: return "thinks";
    case labs::Activity::waiting: return "waits";
    case labs::Activity::eating: return "EATS";
    case labs::Activity::gone: return "gone";
  }
  return "";
}

char mark_of(labs::Activity activity) {
  switch (activity) {
    case labs::Activity::thinking: return '.';
    case labs::Activity::waiting: return '?';
    case labs::Activity::eating: return '#';
    case labs::Activity::gone: return ' ';
  }
  return ' ';
}

std::string painted(labs::Activity activity, std::string_view text, const Paint& paint) {
  switch (activity) {
    case labs::Activity::waiting: return paint.yellow(text);
    case labs::Activity::eating: return paint.green(text);
    case labs::Activity::gone: return paint.dim(text);
    case labs::Activity::thinking: break;
  }
  return std::string(text);
}

std::string heading(const std::vector<labs::SeatView>& seats, std::chrono::nanoseconds elapsed) {
  std::uint64_t meals = 0;
  std::array<std::size_t, 4> activity{};
  for (const auto& seat : seats) {
    meals += seat.meals;
    ++activity[static_cast<std::size_t>(seat.activity)];
  }
  const auto count = [&](labs::Activity what) { return activity[static_cast<std::size_t>(what)]; };
  return fmt::format("{}  {}: {} think, {} wait, {} eat; {}", format_duration(elapsed),
                     counted(seats.size(), "philosopher"), count(labs::Activity::thinking),
                     count(labs::Activity::waiting), count(labs::Activity::eating), counted(meals, "meal"));
}

/// A text at a column of a line.
struct Label {
  std::size_t column;
  std::string text;
  labs::Activity activity;
};

std::vector<std::string> circle(const std::vector<labs::SeatView>& seats, std::size_t width, std::size_t height,
                                const Paint& paint) {
  constexpr std::size_t kLabel = 18;
  std::vector<std::vector<Label>> rows(height);
  const double middle_x = static_cast<double>(width) / 2, middle_y = static_cast<double>(height - 1) / 2;
  const double radius_x = std::min(middle_x - kLabel / 2.0 - 1, 2.6 * middle_y), radius_y = middle_y;
  for (std::size_t i = 0; i < seats.size(); ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(seats.size());
    const auto row = static_cast<std::size_t>(std::lround(middle_y - radius_y * std::cos(angle)));
    const std::string text = fmt::format("{} {} {}", i, activity_word(seats[i].activity), format_count(seats[i].meals));
    const double center = middle_x + radius_x * std::sin(angle) - static_cast<double>(text.size()) / 2;
    rows[std::min(row, height - 1)].push_back(
        {static_cast<std::size_t>(std::max(0.0, center)), text, seats[i].activity});
  }
  std::vector<std::string> lines;
  for (auto& row : rows) {
    std::ranges::sort(row, {}, &Label::column);
    std::string line;
    std::size_t at = 0;
    for (const Label& label : row) {
      const std::size_t gap = label.column > at ? label.column - at : at == 0 ? 0 : 1;
      if (at + gap + label.text.size() > width) continue;
      line += std::string(gap, ' ') + painted(label.activity, label.text, paint);
      at += gap + label.text.size();
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> marks(const std::vector<labs::SeatView>& seats, std::size_t width, std::size_t height,
                               const Paint& paint) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < seats.size() && lines.size() < height;) {
    std::string line;
    // One escape sequence per run of equal marks: one for each mark would be most of the output.
    for (std::size_t column = 0; column < width && i < seats.size();) {
      const labs::Activity activity = seats[i].activity;
      std::string run;
      while (column < width && i < seats.size() && seats[i].activity == activity) {
        run += mark_of(activity);
        ++column;
        ++i;
      }
      line += painted(activity, run, paint);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<std::string> table_picture(const std::vector<labs::SeatView>& seats, std::chrono::nanoseconds elapsed,
                                       std::size_t width, std::size_t height, const Paint& paint) {
  constexpr std::size_t kMinHeight = 7, kMaxHeight = 21;
  std::vector<std::string> lines{elide(heading(seats, elapsed), width - 1), ""};
  const bool round = seats.size() <= kMaxInCircle && height >= kMinHeight + 2 && width >= 50;
  const std::size_t max_height = std::max<std::size_t>(height, 3) - 2;
  auto picture = round ? circle(seats, width - 1, std::min(max_height, kMaxHeight), paint)
                       : marks(seats, std::max<std::size_t>(width, 2) - 1, max_height, paint);
  lines.insert(lines.end(), std::make_move_iterator(picture.begin()), std::make_move_iterator(picture.end()));
  return lines;
}

}  // namespace ece465::cli
