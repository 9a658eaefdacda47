#include "page_summary.hpp"

#include <fmt/format.h>

namespace ece465::cli {
namespace {

PlaneSummary::Levels levels_of(const image::Histogram& histogram) {
  PlaneSummary::Levels levels;
  const auto counts = histogram.counts();
  for (std::size_t v = 0; v < counts.size(); ++v) {
    if (counts[v] == 0) continue;
    if (levels.count++ == 0) levels.lowest = static_cast<std::uint32_t>(v);
    levels.highest = static_cast<std::uint32_t>(v);
  }
  return levels;
}

}  // namespace

std::vector<std::string> plane_names(const image::PageReport& page, image::Channels channels) {
  if (page.before.size() == 3) return {"red", "green", "blue"};
  const bool colored = page.palette || page.layout.colors == 3 || page.stored_samples >= 3;
  return {colored && channels != image::Channels::each ? "luma" : "gray"};
}

PageSummary summarize(const image::PageReport& page, image::Channels channels) {
  PageSummary summary{.width = page.width,
                      .height = page.height,
                      .bits = page.layout.bits,
                      .channels = page.stored_samples,
                      .palette = page.palette,
                      .alpha = page.layout.alpha != image::Alpha::none,
                      .planes = {}};
  const auto names = plane_names(page, channels);
  for (std::size_t i = 0; i < page.before.size(); ++i) {
    summary.planes.push_back(
        {names[i], levels_of(page.before[i]), levels_of(image::map_histogram(page.before[i], page.tables[i]))});
  }
  return summary;
}

std::string describe_pixels(const PageSummary& page) {
  const unsigned colors = page.channels - (page.alpha ? 1 : 0);
  return fmt::format("{}x{} {}-bit {}{}", page.width, page.height, page.bits,
                     page.palette  ? "palette"
                     : colors >= 3 ? "color"
                                   : "gray",
                     page.alpha ? " with alpha" : "");
}

Json page_json(const PageSummary& page) {
  return {{"width", page.width},       {"height", page.height},   {"bits", page.bits},
          {"channels", page.channels}, {"palette", page.palette}, {"alpha", page.alpha}};
}

}  // namespace ece465::cli
