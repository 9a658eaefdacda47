#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "ece465/base/seconds.hpp"
#include "ece465/base/utf8.hpp"

namespace ece465::cli {
namespace {

struct Range {
  char32_t first, last;
};

/// The common blocks of double-width characters (Unicode's East Asian Width W and F, emoji included).
constexpr std::array<Range, 12> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F680, 0x1F6FF},
                                       {0x1F900, 0x1F9FF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 4> kZeroWidth{{{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool within_any(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](const Range& r) { return r.first <= c && c <= r.last; });
}

std::size_t char_width(char32_t c) {
  if (within_any(kZeroWidth, c)) return 0;
  return within_any(kWide, c) ? 2 : 1;
}

char32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  auto c = static_cast<char32_t>(lead & (0x7FU >> character.size()));
  for (const char byte : character.substr(1)) c = (c << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return c;
}

struct Character {
  std::string_view bytes;
  std::size_t width;
};

std::vector<Character> characters(std::string_view text) {
  std::vector<Character> all;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
    all.push_back({one, char_width(code_point(one))});
    text.remove_prefix(one.size());
  }
  return all;
}

/// The number of edits (insert, delete, replace, transpose) that turn one word into the other: the restricted
/// Damerau-Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) out += take_utf8(text);
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const auto& c : characters(text)) width += c.width;
  return width;
}

std::string elide(std::string_view text, std::size_t columns) {
  constexpr std::string_view kDots = "...";
  if (display_width(text) <= columns) return std::string(text);
  if (columns <= kDots.size()) return std::string(columns, '.');
  const auto all = characters(text);
  const std::size_t max_width = columns - kDots.size();
  std::string head, tail;
  std::size_t used = 0, first = 0;
  while (used + all[first].width <= max_width / 2) {
    used += all[first].width;
    head += all[first++].bytes;
  }
  for (std::size_t last = all.size(); last > first && used + all[last - 1].width <= max_width; --last) {
    used += all[last - 1].width;
    tail.insert(0, all[last - 1].bytes);
  }
  return head + std::string(kDots) + tail;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && display_width(line) + 1 + display_width(word) > columns)
      lines.push_back(std::exchange(line, {}));
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  // Up to a third of the word may be wrong. A unique prefix counts as similar, too.
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = &candidate;
    }
  }
  if (best != nullptr) return *best;
  const auto begins = [&](const std::string& c) { return !word.empty() && c.starts_with(word); };
  if (std::ranges::count_if(candidates, begins) == 1) return *std::ranges::find_if(candidates, begins);
  return {};
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string best = nearest(word, candidates);
  return best.empty() ? std::string() : fmt::format("; did you mean {}?", best);
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 5> kUnits{"kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.95 would be printed as 1000.
  for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, kUnits[unit]);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const double s = seconds(duration);
  if (s < 59.995) return fmt::format("{:.{}f} s", s, s < 0.9995 ? 3 : 2);
  const auto whole = std::llround(s);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string short_time(std::chrono::nanoseconds time) {
  const double s = seconds(time);
  if (s >= 0.9995) return fmt::format("{:.2f} s", s);
  if (s >= 0.0009995) return fmt::format("{:.{}f} ms", s * 1e3, s >= 0.00995 ? 0 : 1);
  return fmt::format("{:.{}f} us", s * 1e6, s >= 0.00000995 ? 0 : 1);
}

std::string format_count(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t n, std::string_view thing) {
  return fmt::format("{} {}{}", n, thing, n == 1 ? "" : "s");
}

}  // namespace ece465::cli
