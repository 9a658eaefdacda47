#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "page_summary.hpp"
#include "plot.hpp"
#include "text.hpp"

namespace ece465::cli {
namespace {

constexpr std::size_t kRows = 8;
constexpr std::size_t kMaxPages = 16;  // in one picture

PlotCurve curve_of(const image::Histogram& histogram) {
  PlotCurve curve;
  const auto counts = histogram.counts();
  const std::size_t levels_per_bin = counts.size() / PlotCurve::kBins;
  for (std::size_t v = 0; v < counts.size(); ++v) curve.bins[v / levels_per_bin] += counts[v];
  return curve;
}

/// Sums neighbouring bins until `columns` are left.
std::vector<std::uint64_t> columns_of(const PlotCurve& curve, std::size_t columns) {
  std::vector<std::uint64_t> sums(columns);
  for (std::size_t i = 0; i < PlotCurve::kBins; ++i) sums[i * columns / PlotCurve::kBins] += curve.bins[i];
  return sums;
}

std::uint64_t ceiling_of(std::vector<std::uint64_t> counts) {
  std::erase(counts, std::uint64_t{0});
  if (counts.empty()) return 1;
  std::ranges::sort(counts, std::ranges::greater());
  // The bar that 3 % of the bars reach; one more than four times as high is an outlier.
  const std::uint64_t usual = counts[std::min(counts.size() - 1, 1 + counts.size() / 32)];
  return counts[0] > 4 * usual ? usual + usual / 4 : counts[0];
}

struct PlotCell {
  unsigned eighths;  ///< how much of it the bar fills
  bool curve;
};

std::string cell_text(PlotCell cell, bool unicode, const Paint& paint) {
  constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (cell.curve) {
    const std::string_view dot = unicode ? "•" : "*";
    return cell.eighths == 8 ? paint.yellow_on_blue(dot) : paint.yellow(dot);
  }
  if (unicode) return paint.blue(kBlocks[cell.eighths]);
  return cell.eighths >= 6 ? "#" : cell.eighths >= 2 ? ":" : " ";
}

/// One panel, `columns` wide, as kRows lines and two of axis.
std::vector<std::string> panel(const PlotCurve& curve, std::uint32_t max_level, std::size_t columns, bool unicode,
                               const Paint& paint) {
  const auto counts = columns_of(curve, columns);
  const auto ceiling = static_cast<double>(ceiling_of(counts));
  const auto total =
      static_cast<double>(std::max<std::uint64_t>(1, std::accumulate(counts.begin(), counts.end(), std::uint64_t{0})));
  std::vector<unsigned> heights;        // in eighths of a row
  std::vector<std::size_t> curve_rows;  // from the bottom
  double cumulative = 0;
  for (const std::uint64_t n : counts) {
    const double share = std::min(1.0, static_cast<double>(n) / ceiling);
    const auto eighths = static_cast<unsigned>(std::lround(share * kRows * 8));
    heights.push_back(n > 0 ? std::max(1U, eighths) : 0);  // no level that occurs is invisible
    cumulative += static_cast<double>(n);
    curve_rows.push_back(std::min(kRows - 1, static_cast<std::size_t>(cumulative / total * kRows)));
  }
  std::vector<std::string> lines;
  for (std::size_t row = kRows; row-- > 0;) {
    std::string line;
    for (std::size_t x = 0; x < columns; ++x) {
      const unsigned below = static_cast<unsigned>(row) * 8;
      const unsigned eighths = heights[x] <= below ? 0 : std::min(8U, heights[x] - below);
      line += cell_text({eighths, curve_rows[x] == row}, unicode, paint);
    }
    lines.push_back(std::move(line));
  }
  std::string axis;
  for (std::size_t x = 0; x < columns; ++x) {
    const bool tick = x % (columns / 4) == 0;
    axis += unicode ? (tick ? "┴" : "─") : (tick ? "+" : "-");
  }
  lines.push_back(paint.dim(axis));
  const std::string middle = fmt::format("{}", (max_level + 1) / 2), last = fmt::format("{}", max_level);
  // 0 at the left end, the middle level in the middle, the highest at the right end.
  const std::size_t left = columns / 2 + middle.size() / 2;
  lines.push_back(paint.dim(fmt::format("0{:>{}}{:>{}}", middle, left - 1, last, columns - left)));
  return lines;
}

std::string padded(const std::string& text, std::size_t columns) {
  return text + std::string(columns - std::min(columns, display_width(text)), ' ');
}

}  // namespace

PlotPage plot_page(const image::PageReport& page, image::Channels channels) {
  PlotPage plot{.caption = describe_pixels(summarize(page, channels)), .planes = {}};
  const auto names = plane_names(page, channels);
  for (std::size_t i = 0; i < page.before.size(); ++i) {
    plot.planes.push_back({.name = names[i],
                           .max_level = page.before[i].max_level(),
                           .samples = page.before[i].total(),
                           .before = curve_of(page.before[i]),
                           .after = curve_of(image::map_histogram(page.before[i], page.tables[i]))});
  }
  return plot;
}

void Plot::add(const image::PageReport& page, image::Channels channels) {
  if (pages.size() < kMaxPages) {
    pages.push_back(plot_page(page, channels));
  } else {
    ++pages_left_out;
  }
}

std::uint64_t plot_ceiling(const PlotCurve& curve) { return ceiling_of({curve.bins.begin(), curve.bins.end()}); }

std::string plot_terminal(const PlotPlane& plane, std::size_t width, bool unicode, const Paint& paint) {
  constexpr std::size_t kGap = 4, kIndent = 2;
  // Powers of two, so that every column sums equally many bins.
  std::size_t columns = 128;
  bool side_by_side = true;
  while (columns > 32 && kIndent + 2 * columns + kGap >= width) columns /= 2;
  if (kIndent + 2 * columns + kGap >= width) {
    side_by_side = false;
    columns = 64;
    while (columns > 16 && kIndent + columns >= width) columns /= 2;
  }
  const auto before = panel(plane.before, plane.max_level, columns, unicode, paint);
  const auto after = panel(plane.after, plane.max_level, columns, unicode, paint);
  const std::string indent(kIndent, ' ');
  std::string out;
  if (side_by_side) {
    out += indent + paint.bold(padded("before", columns + kGap)) + paint.bold("after") + "\n";
    for (std::size_t i = 0; i < before.size(); ++i)
      out += indent + before[i] + std::string(kGap, ' ') + after[i] + "\n";
    return out;
  }
  for (const auto* panel_lines : {&before, &after}) {
    out += indent + paint.bold(panel_lines == &before ? "before" : "after") + "\n";
    for (const auto& line : *panel_lines) out += indent + line + "\n";
  }
  return out;
}

}  // namespace ece465::cli
