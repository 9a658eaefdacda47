#include "common/plot.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/text.hpp"

using namespace ece465;
using namespace ece465::cli;

namespace {

image::PageReport report_of(unsigned bits) {
  image::Histogram histogram(bits);
  const std::size_t unit = histogram.counts().size() / 256;
  for (std::size_t v = 80; v < 160; ++v) histogram.counts()[v * unit] = 100 + v;
  image::PageReport page;
  page.width = 100;
  page.height = 176;
  page.layout.bits = static_cast<std::uint8_t>(bits);
  page.before = {histogram};
  page.tables = {image::equalization_table(histogram)};
  return page;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_SUITE("plot") {
  TEST_CASE("16-bit histograms are binned for display without losing counts") {
    const PlotPage page = plot_page(report_of(16), image::Channels::luma);
    REQUIRE(page.planes.size() == 1);
    CHECK(page.planes[0].max_level == 65535);
    CHECK(page.planes[0].before.bins[80] == 180);
    std::uint64_t before = 0, after = 0;
    for (const std::uint64_t n : page.planes[0].before.bins) before += n;
    for (const std::uint64_t n : page.planes[0].after.bins) after += n;
    CHECK(before == page.planes[0].samples);
    CHECK(after == page.planes[0].samples);
  }

  TEST_CASE("a black border does not flatten the other bars") {
    PlotCurve curve;
    curve.bins.fill(100);
    CHECK(plot_ceiling(curve) == 100);
    curve.bins[0] = 1'000'000;
    CHECK(plot_ceiling(curve) == 125);
    CHECK(plot_ceiling(PlotCurve{}) == 1);
  }

  TEST_CASE("a picture has two panels per plane, a title, and no scripts") {
    Plot plot{.title = "a<b>&\"c\x01\xFF.png", .pages = {}};
    plot.add(report_of(8), image::Channels::luma);
    const std::string svg = plot_svg(plot);
    CHECK(svg.starts_with("<?xml"));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(count_of(svg, "class=\"area\"") == 2);
    CHECK(svg.find("a&lt;b&gt;&amp;&quot;c\\x01\xEF\xBF\xBD.png") != std::string::npos);
    CHECK(svg.find("<script") == std::string::npos);
    CHECK(svg.find("100x176 8-bit gray") != std::string::npos);
    CHECK(svg.find("higher than shown") == std::string::npos);
    CHECK(svg.size() < 20'000);
  }

  TEST_CASE("a file of many pages is drawn up to a limit, which is stated") {
    Plot plot{.title = "stack.tif", .pages = {}};
    for (int i = 0; i < 20; ++i) plot.add(report_of(8), image::Channels::luma);
    CHECK(plot.pages.size() == 16);
    CHECK(plot_svg(plot).find("and 4 pages not drawn") != std::string::npos);
  }

  TEST_CASE("on a terminal no line is wider than the window") {
    const PlotPage page = plot_page(report_of(8), image::Channels::luma);
    for (const std::size_t width : {24U, 40U, 72U, 80U, 100U, 140U, 300U}) {
      for (const bool unicode : {true, false}) {
        CAPTURE(width);
        const std::string text = plot_terminal(page.planes[0], width, unicode, Paint());
        for (const auto& line : lines_of(text)) CHECK(display_width(line) <= width);
        const bool ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        CHECK(ascii != unicode);
        CHECK(text.find("before") != std::string::npos);
        CHECK(text.find("255") != std::string::npos);
      }
    }
    CHECK(lines_of(plot_terminal(page.planes[0], 80, true, Paint())).size() == 11);  // side by side
    CHECK(lines_of(plot_terminal(page.planes[0], 60, true, Paint())).size() == 22);  // one above the other
  }
}
