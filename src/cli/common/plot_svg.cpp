#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "plot.hpp"
#include "text.hpp"

namespace ece465::cli {
namespace {

// In pixels of the picture at its natural size.
constexpr double kMargin = 28, kPanelWidth = 420, kPanelHeight = 190;
constexpr double kAxisLeft = 46, kAxisRight = 40, kBetween = 30;
constexpr double kHeader = 84, kRowTitle = 30, kRowFoot = 58;
constexpr double kWidth = 2 * kMargin + 2 * (kAxisLeft + kPanelWidth + kAxisRight) + kBetween;
constexpr double kRowHeight = kRowTitle + kPanelHeight + kRowFoot;

struct Colors {
  std::string_view bars, line;
};

Colors colors_of(std::string_view plane) {
  if (plane == "red") return {"#eba5a5", "#b3261e"};
  if (plane == "green") return {"#a3cfa3", "#1e6b2a"};
  if (plane == "blue") return {"#a5bdec", "#1f4fb3"};
  return {"#b4bfca", "#1f5f8b"};
}

/// Text between tags and in attributes. XML does not allow control characters.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(printable(text))) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

/// A count on an axis: "950", "12k", "3.4M".
std::string short_count(std::uint64_t n) {
  if (n < 1000) return fmt::format("{}", n);
  auto value = static_cast<double>(n);
  std::string_view unit;
  for (const std::string_view next : {"k", "M", "G", "T", "P"}) {
    value /= 1000;
    unit = next;
    if (value < 999.5) break;
  }
  return fmt::format("{:.{}f}{}", value, value < 9.95 ? 1 : 0, unit);
}

/// One histogram with its axes; `x`, `y` is the upper left corner of the plotting area.
class Panel {
 public:
  Panel(std::string& out, double x, double y) : out_(out), x_(x), y_(y) {}

  void draw(const PlotCurve& curve, const PlotPlane& plane, std::string_view title, bool with_ideal) {
    text(x_, y_ - 9, "start", "panel", title);
    grid();
    const std::uint64_t ceiling = plot_ceiling(curve);
    const Colors colors = colors_of(plane.name);
    bars(curve, ceiling, colors);
    if (with_ideal) {
      out_ += fmt::format("<path class=\"ideal\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", x_, bottom(), right(), y_);
    }
    cumulative(curve, plane.samples, colors);
    axes(plane, ceiling);
  }

 private:
  [[nodiscard]] double bottom() const { return y_ + kPanelHeight; }
  [[nodiscard]] double right() const { return x_ + kPanelWidth; }

  void text(double x, double y, std::string_view anchor, std::string_view style, std::string_view words) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n", x, y, anchor,
                        style, xml(words));
  }

  void grid() {
    out_ += fmt::format(
        "<rect class=\"area\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\"/>\n<path class=\"grid\" d=\"", x_,
        y_, kPanelWidth, kPanelHeight);
    for (int i = 1; i < 4; ++i) {
      out_ += fmt::format("M{:.1f} {:.1f}h{}", x_, y_ + kPanelHeight * i / 4, kPanelWidth);
      out_ += fmt::format("M{:.1f} {:.1f}v{}", x_ + kPanelWidth * i / 4, y_, kPanelHeight);
    }
    out_ += "\"/>\n";
  }

  void bars(const PlotCurve& curve, std::uint64_t ceiling, Colors colors) {
    constexpr double kStep = kPanelWidth / PlotCurve::kBins;
    std::string path = fmt::format("M{:.2f} {:.2f}", x_, bottom());
    std::string cut;  // bars higher than the panel
    double height = 0;
    for (std::size_t i = 0; i < PlotCurve::kBins; ++i) {
      const std::uint64_t n = curve.bins[i];
      const double share = std::min(1.0, static_cast<double>(n) / static_cast<double>(ceiling));
      if (share != height) path += fmt::format("V{:.2f}", bottom() - share * kPanelHeight);
      height = share;
      const double end = x_ + kStep * static_cast<double>(i + 1);
      path += fmt::format("H{:.2f}", end);
      if (n > ceiling) cut += fmt::format("M{:.2f} {:.2f}l3.5 -6h-7z", end - kStep / 2, y_ + 6.5);
    }
    out_ += fmt::format("<path fill=\"{}\" d=\"{}V{:.2f}Z\"/>\n", colors.bars, path, bottom());
    if (!cut.empty()) out_ += fmt::format("<path class=\"cut\" d=\"{}\"/>\n", cut);
  }

  void cumulative(const PlotCurve& curve, std::uint64_t samples, Colors colors) {
    std::string path = fmt::format("M{:.2f} {:.2f}", x_, bottom());
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < PlotCurve::kBins; ++i) {
      sum += curve.bins[i];
      const double share = static_cast<double>(sum) / static_cast<double>(std::max<std::uint64_t>(1, samples));
      path += fmt::format("L{:.2f} {:.2f}", x_ + kPanelWidth * static_cast<double>(i + 1) / PlotCurve::kBins,
                          bottom() - share * kPanelHeight);
    }
    out_ += fmt::format("<path class=\"line\" stroke=\"{}\" d=\"{}\"/>\n", colors.line, path);
  }

  void axes(const PlotPlane& plane, std::uint64_t ceiling) {
    out_ += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}v{}h{}v-{}\"/>\n", x_, y_, kPanelHeight, kPanelWidth,
                        kPanelHeight);
    for (int i = 0; i <= 4; ++i) {
      const std::uint64_t level =
          i == 4 ? plane.max_level : (std::uint64_t{plane.max_level} + 1) * static_cast<unsigned>(i) / 4;
      text(x_ + kPanelWidth * i / 4, bottom() + 16, "middle", "tick", fmt::format("{}", level));
    }
    for (int i = 0; i <= 2; ++i) {
      const double y = bottom() - kPanelHeight * i / 2 + 4;
      text(x_ - 6, y, "end", "tick", short_count(ceiling * static_cast<unsigned>(i) / 2));
      text(right() + 6, y, "start", "tick", fmt::format("{}%", 50 * i));
    }
    text(x_ + kPanelWidth / 2, bottom() + 33, "middle", "label", "level");
  }

  std::string& out_;
  double x_, y_;
};

constexpr std::string_view kStyle =
    "text{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#28323c}"
    ".title{font-size:19px;font-weight:600}.sub{font-size:12.5px;fill:#5a6672}"
    ".row{font-size:13.5px;font-weight:600}.panel{font-size:12.5px;fill:#5a6672}"
    ".tick,.label{font-size:11px;fill:#6b7782}"
    ".area{fill:#fafbfc}.grid{stroke:#e4e8ec;fill:none}.axis{stroke:#aab4bd;fill:none}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}.ideal{stroke:#8b96a1;stroke-dasharray:4 4;fill:none}"
    ".cut{fill:#d9730d}";

bool has_cut_bars(const Plot& plot) {
  const auto cut = [](const PlotCurve& curve) { return std::ranges::max(curve.bins) > plot_ceiling(curve); };
  return std::ranges::any_of(plot.pages, [&](const PlotPage& page) {
    return std::ranges::any_of(page.planes, [&](const PlotPlane& p) { return cut(p.before) || cut(p.after); });
  });
}

/// The key to what is drawn, ending at the right margin.
std::string legend(double y, bool with_cut) {
  std::string out;
  double x = kWidth - kMargin - (with_cut ? 584 : 426);
  const auto entry = [&](const std::string& mark, double mark_width, std::string_view words, double words_width) {
    out +=
        mark + fmt::format("<text class=\"sub\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", x + mark_width + 6, y, words);
    x += mark_width + 6 + words_width + 24;
  };
  entry(fmt::format("<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"14\" height=\"11\" fill=\"#b4bfca\"/>", x, y - 10), 14,
        "samples per level", 112);
  entry(fmt::format("<path class=\"line\" stroke=\"#1f5f8b\" d=\"M{:.0f} {:.0f}h20\"/>", x, y - 4), 20,
        "cumulative share", 112);
  entry(fmt::format("<path class=\"ideal\" d=\"M{:.0f} {:.0f}h20\"/>", x, y - 4), 20, "even spread", 80);
  if (with_cut) {
    entry(fmt::format("<path class=\"cut\" d=\"M{:.1f} {:.0f}l3.5 -6h-7z\"/>", x + 4, y - 1), 8, "higher than shown",
          120);
  }
  return out;
}

}  // namespace

std::string plot_svg(const Plot& plot) {
  std::size_t rows = 0;
  for (const auto& page : plot.pages) rows += page.planes.size();
  const double foot = plot.pages_left_out > 0 ? 26 : 6;
  const double height = kHeader + kRowHeight * static_cast<double>(rows) + foot;

  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "role=\"img\">\n<title>{2}: histograms before and after equalization</title>\n<style>{3}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      kWidth, height, xml(plot.title), kStyle);
  out += fmt::format("<text class=\"title\" x=\"{:.0f}\" y=\"38\">{}</text>\n", kMargin,
                     xml(elide(printable(plot.title), 90)));
  const std::string caption = plot.pages.empty() ? std::string() : plot.pages[0].caption;
  out += fmt::format("<text class=\"sub\" x=\"{:.0f}\" y=\"60\">{}</text>\n", kMargin,
                     xml(plot.pages.size() == 1 ? caption : counted(plot.pages.size() + plot.pages_left_out, "page")));
  out += legend(60, has_cut_bars(plot));

  double y = kHeader;
  for (std::size_t p = 0; p < plot.pages.size(); ++p) {
    for (const auto& plane : plot.pages[p].planes) {
      std::string name = fmt::format("{}, {} samples", plane.name, format_count(plane.samples));
      if (plot.pages.size() > 1) name = fmt::format("page {}, {}: {}", p + 1, plot.pages[p].caption, name);
      const double left = kMargin + kAxisLeft, top = y + kRowTitle + 8;
      const double second = left + kPanelWidth + kAxisRight + kBetween + kAxisLeft;
      out += fmt::format("<text class=\"row\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", kMargin, y + 10, xml(name));
      Panel(out, left, top).draw(plane.before, plane, "before", false);
      Panel(out, second, top).draw(plane.after, plane, "after", true);
      y += kRowHeight;
    }
  }
  if (plot.pages_left_out > 0) {
    out += fmt::format("<text class=\"sub\" x=\"{:.0f}\" y=\"{:.0f}\">and {} not drawn</text>\n", kMargin, y + 14,
                       counted(plot.pages_left_out, "page"));
  }
  return out + "</svg>\n";
}

}  // namespace ece465::cli
