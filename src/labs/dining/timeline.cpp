#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "ece465/base/seconds.hpp"
#include "ece465/labs/dine.hpp"

namespace ece465::labs {
namespace {

constexpr double kLeft = 60, kWidth = 900, kTop = 40, kRow = 18, kBar = 12, kBottom = 40;
/// Per row of kWidth points. More bars would be thinner than half a point.
constexpr std::size_t kMaxBars = 2000;

std::string_view color_of(Activity activity) {
  switch (activity) {
    case Activity::thinking: return "#c9d6e8";
    case Activity::waiting: return "#e8a33d";
    case Activity::eating: return "#3f8f4f";
    case Activity::gone: return "none";
  }
  return "none";
}

/// The time axis's step for at most ten marks: 1, 2 or 5 times a power of ten.
double step_for(double seconds) {
  double step = 1e-6;
  for (;;) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (seconds / (step * factor) <= 10) return step * factor;
    }
    step *= 10;
  }
}

/// The end of the time axis in seconds: where a row reaches kMaxBars, or the end of the run.
double axis_end(std::chrono::nanoseconds elapsed, std::span<const SeatReport> seats) {
  auto end = elapsed;
  for (const SeatReport& seat : seats) {
    if (seat.timeline.size() > kMaxBars) end = std::min(end, seat.timeline[kMaxBars].at);
  }
  return std::max(1e-6, seconds(end));
}

}  // namespace

std::string timeline_svg(const DineOptions& options, const DineReport& report) {
  const std::size_t rows = std::min<std::size_t>(report.seats.size(), kMaxTimelineSeats);
  const double whole = axis_end(report.elapsed, std::span(report.seats).first(rows));
  const double height = kTop + kRow * static_cast<double>(rows) + kBottom;
  const auto x_of = [&](double at) { return kLeft + kWidth * std::clamp(at / whole, 0.0, 1.0); };
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}" font-family="sans-serif" font-size="11">)"
      "\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kLeft + kWidth + 20, height);
  svg += fmt::format("<title>{} dining philosophers, {}</title>\n", options.philosophers, opening_line(options.mode));
  double legend = kLeft;
  constexpr std::array<std::pair<Activity, std::string_view>, 3> kLegend{
      {{Activity::thinking, "thinks"}, {Activity::waiting, "waits"}, {Activity::eating, "eats"}}};
  for (const auto& [activity, name] : kLegend) {
    svg += fmt::format(R"(<rect x="{:.0f}" y="12" width="12" height="12" fill="{}"/><text x="{:.0f}" y="22">{}</text>)"
                       "\n",
                       legend, color_of(activity), legend + 17, name);
    legend += 80;
  }
  std::string note;
  if (rows < report.seats.size()) note = fmt::format("the first {} of {} philosophers", rows, report.seats.size());
  if (whole < seconds(report.elapsed)) {
    note += fmt::format("{}the first {:.3g} of {:.3g} s", note.empty() ? "" : ", ", whole, seconds(report.elapsed));
  }
  if (!note.empty()) svg += fmt::format("<text x=\"{:.0f}\" y=\"22\">{}</text>\n", legend, note);
  for (std::size_t row = 0; row < rows; ++row) {
    const SeatReport& seat = report.seats[row];
    const double y = kTop + kRow * static_cast<double>(row);
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, y + kBar - 2,
                       seat.number);
    const std::size_t count = std::min(seat.timeline.size(), kMaxBars);
    for (std::size_t i = 0; i < count; ++i) {
      const TimelineEntry& entry = seat.timeline[i];
      if (entry.activity == Activity::gone || seconds(entry.at) >= whole) continue;
      const double from = x_of(seconds(entry.at));
      const double to = i + 1 < seat.timeline.size() ? x_of(seconds(seat.timeline[i + 1].at)) : x_of(whole);
      svg += fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.0f}\" fill=\"{}\"/>\n", from, y,
                         std::max(0.0, to - from), kBar, color_of(entry.activity));
    }
  }
  const double axis = kTop + kRow * static_cast<double>(rows) + 4;
  svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#666\"/>\n", kLeft, axis, kLeft + kWidth);
  const double step = step_for(whole);
  for (int i = 0; static_cast<double>(i) * step <= whole; ++i) {
    const double seconds = static_cast<double>(i) * step;
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}v4\" stroke=\"#666\"/><text x=\"{0:.1f}\" y=\"{2:.1f}\" "
        "text-anchor=\"middle\">{3:g} "
        "s</text>\n",
        x_of(seconds), axis, axis + 17, seconds);
  }
  return svg + "</svg>\n";
}

}  // namespace ece465::labs
