#include "report.hpp"

#include <fmt/format.h>

#include "common/text.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cli {
namespace {

std::string describe_change(const PlaneSummary& plane) {
  const auto& before = plane.before;
  const auto& after = plane.after;
  if (before.count <= 1) return fmt::format("{} has one level, unchanged", plane.name);
  return fmt::format("{} {}-{} -> {}-{}", plane.name, before.lowest, before.highest, after.lowest, after.highest);
}

Json levels_json(const PlaneSummary::Levels& levels) {
  return {{"count", levels.count}, {"lowest", levels.lowest}, {"highest", levels.highest}};
}

Json format_json(const std::optional<image::Format>& format) {
  if (!format) return {};
  switch (*format) {
    case image::Format::jpeg: return "jpeg";
    case image::Format::tiff: return "tiff";
    case image::Format::png: return "png";
  }
  return {};
}

Json file_json(const FileReport& file) {
  Json pages = Json::array();
  for (const auto& page : file.pages) {
    Json planes = Json::array();
    for (const auto& plane : page.planes) {
      planes.push_back({{"name", plane.name},
                        {"levels_before", levels_json(plane.before)},
                        {"levels_after", levels_json(plane.after)}});
    }
    Json json = page_json(page);
    json.add("planes", planes);
    pages.push_back(json);
  }
  return {{"input", file.input},
          {"output", file.error ? Json() : Json(file.output)},
          {"input_format", format_json(file.input_format)},
          {"format", format_json(file.output_format)},
          {"pages", pages},
          {"notes", Json::array(file.notes)},
          {"seconds", seconds(file.duration)},
          {"bytes_in", file.bytes_in},
          {"bytes_out", file.bytes_out},
          {"error", error_json(file.error)}};
}

}  // namespace

std::string file_line(const FileReport& file) {
  std::string line = fmt::format("{} -> {}", printable(file.input), printable(file.output));
  if (file.pages.empty()) return line;
  const PageSummary& page = file.pages[0];
  line += "  " + describe_pixels(page);
  if (file.pages.size() > 1) line += fmt::format(", {}, the first:", counted(file.pages.size(), "page"));
  for (std::size_t i = 0; i < page.planes.size(); ++i) {
    line += (i == 0 ? "  " : ", ") + describe_change(page.planes[i]);
  }
  if (file.input_format && file.output_format && *file.input_format != *file.output_format) {
    line += fmt::format("  {} -> {}", image::format_name(*file.input_format), image::format_name(*file.output_format));
  }
  return line + "  " + format_duration(file.duration);
}

std::string equalize_json(const std::vector<FileReport>& files, const RunTotals& totals, unsigned threads,
                          std::uint64_t memory_bytes) {
  Json list = Json::array();
  for (const auto& file : files) list.push_back(file_json(file));
  Json json{{"command", "equalize"}, {"version", ECE465_VERSION}, {"files", list}};
  totals.add_to(json);
  json.add("threads", threads);
  json.add("memory_bytes", memory_bytes);
  return json.pretty() + "\n";
}

}  // namespace ece465::cli
