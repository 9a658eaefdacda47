#include "report.hpp"

#include "common/text.hpp"

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

std::string describe_change(const PlaneSummary& plane) {
  const auto& before = plane.before;
  const auto& after = plane.after;
  if (before.count <= 1) return fmt::format("{} has one level, unchanged", plane.name);
  return fmt::format("{} {}-{} -> {}-{}", plane.name, before.lowest, before.highest, after.lowest, after.highest);
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

std::string file_line(const FileReport& file) {
  std::string line = fmt::format("{} -> {}", printable(file.input), printable(file.output));
  if (file.pages.empty()) return line;
  const PageSummary& page = file.pages[0];
  line += "  " + describe_pixels(page);
  if (file.pages.size() > 1) line += fmt::format(", {}, of the first:", counted(file.pages.size(), "page"));
  for (std::size_t i = 0; i < page.planes.size(); ++i) {
    line += (i == 0 ? "  " : ", ") + describe_change(page.planes[i]);
  }
  if (file.input_format && file.output_format && *file.input_format != *file.output_format) {
    line += fmt::format("  {} -> {}", image::format_name(*file.input_format), image::format_name(*file.output_format));
  }
  return line + "  " + format_duration(file.duration);
}

std::string_view format_key(image::Format format) {
  switch (format) {
    case image::Format::jpeg: return "jpeg";
    case image::Format::tiff: return "tiff";
    case image::Format::png: return "png";
  }
  return "?";
}

}  // namespace ece465::cli
