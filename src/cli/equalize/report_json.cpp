#include <nlohmann/json.hpp>

#include "ece465/base/seconds.hpp"
#include "report.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const PlaneSummary::Levels& levels) {
  return {{"count", levels.count}, {"lowest", levels.lowest}, {"highest", levels.highest}};
}

Json head_of(const PageSummary& page) {
  return {{"width", page.width},       {"height", page.height},   {"bits", page.bits},
          {"channels", page.channels}, {"palette", page.palette}, {"alpha", page.alpha}};
}

Json json_of(const PageSummary& page) {
  Json json = head_of(page);
  json["planes"] = Json::array();
  for (const auto& plane : page.planes) {
    json["planes"].push_back(
        {{"name", plane.name}, {"levels_before", json_of(plane.before)}, {"levels_after", json_of(plane.after)}});
  }
  return json;
}

Json json_of(const std::optional<image::Format>& format) { return format ? Json(format_key(*format)) : Json(nullptr); }

Json json_of(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return {{"code", errc_name(error->code)}, {"message", error->text()}};
}

Json json_of(const FileReport& file) {
  Json json{{"input", file.input}, {"output", file.error ? Json(nullptr) : Json(file.output)}};
  json["input_format"] = json_of(file.input_format);
  json["format"] = json_of(file.output_format);
  json["pages"] = Json::array();
  for (const auto& page : file.pages) json["pages"].push_back(json_of(page));
  json["notes"] = file.notes;
  json["seconds"] = seconds(file.duration);
  json["bytes_in"] = file.bytes_in;
  json["bytes_out"] = file.bytes_out;
  json["error"] = json_of(file.error);
  return json;
}

/// File names may be any bytes; JSON is UTF-8.
std::string text_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string run_json(const RunReport& run) {
  Json json{{"command", "equalize"}, {"version", ECE465_VERSION}};
  json["files"] = Json::array();
  for (const auto& file : run.files) json["files"].push_back(json_of(file));
  json["notes"] = run.notes;
  json["done"] = run.done;
  json["failed"] = run.failed;
  json["seconds"] = seconds(run.duration);
  json["bytes_in"] = run.bytes_in;
  json["bytes_out"] = run.bytes_out;
  json["threads"] = run.threads;
  json["memory_bytes"] = run.memory_bytes;
  return text_of(json, 2) + "\n";
}

std::string histogram_json_head(const std::string& input) {
  return fmt::format(R"({{"command": "histogram", "version": "{}", "input": {}, "pages": [)", ECE465_VERSION,
                     text_of(Json(input)));
}

std::string histogram_json_page(const image::PageReport& page, image::Channels channels) {
  Json json = head_of(summarize(page, channels));
  json["planes"] = Json::array();
  const auto names = plane_names(page, channels);
  for (std::size_t i = 0; i < page.before.size(); ++i) {
    json["planes"].push_back({{"name", names[i]},
                              {"samples", page.before[i].total()},
                              {"counts", page.before[i].counts()},
                              {"table", page.tables[i]}});
  }
  return text_of(json);
}

std::string histogram_json_tail(const std::optional<Error>& error) {
  return fmt::format("], \"error\": {}}}\n", text_of(json_of(error)));
}

}  // namespace ece465::cli
