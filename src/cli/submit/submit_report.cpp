#include "submit_report.hpp"

#include <nlohmann/json.hpp>

#include "ece465/base/seconds.hpp"
#include "ece465/http/message.hpp"
#include "equalize/report.hpp"
#include "common/text.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string describe_image(const RemoteJob::Image& image) {
  std::string text =
      fmt::format("{}x{} {}-bit {}", image.width, image.height, image.bits, image.color ? "color" : "gray");
  if (image.pages > 1) text += fmt::format(", {}", counted(image.pages, "page"));
  return text;
}

/// "3 workers", "2 workers and the master", "the master"; empty when the job does not say.
std::string describe(const Doers& doers) {
  if (doers.workers == 0) return doers.master ? "the master" : "";
  return counted(doers.workers, "worker") + (doers.master ? " and the master" : "");
}

/// "up 0.001, read 0.002, map 0.004, ... down 0.001 s"
std::string describe_phases(const SubmittedFile& file) {
  std::string text = fmt::format("up {:.3f}", seconds(file.upload));
  for (const auto& [name, wall] : file.job->phases) text += fmt::format(", {} {:.3f}", printable(name), wall);
  return text + fmt::format(", down {:.3f} s", seconds(file.download));
}

Json json_of(const SubmittedFile& file) {
  Json json{{"input", file.input}};
  json["output"] = file.error || file.output.empty() ? Json(nullptr) : Json(file.output);
  json["name"] = file.name.empty() ? Json(nullptr) : Json(file.name);
  json["job"] = file.job ? Json::parse(file.job->json, nullptr, false) : Json(nullptr);
  json["notes"] = file.notes;
  json["upload_seconds"] = seconds(file.upload);
  json["download_seconds"] = seconds(file.download);
  json["seconds"] = seconds(file.duration);
  json["bytes_in"] = file.bytes_in;
  json["bytes_out"] = file.bytes_out;
  json["error"] = nullptr;
  if (file.error) json["error"] = {{"code", errc_name(file.error->code)}, {"message", file.error->text()}};
  return json;
}

}  // namespace

Doers doers_of(const RemoteJob& job) {
  Doers doers;
  for (const auto& share : job.shares) {
    if (share.strips == 0 && share.bytes == 0) continue;
    if (share.id == "master") {
      doers.master = true;
    } else {
      ++doers.workers;
    }
  }
  return doers;
}

std::string submitted_line(const SubmittedFile& file) {
  std::string line = fmt::format("{} -> {}", printable(file.input), printable(file.output));
  if (!file.job) return line;
  if (file.job->image) line += "  " + describe_image(*file.job->image);
  if (const std::string who = describe(doers_of(*file.job)); !who.empty()) line += "  " + who;
  if (file.job->retries > 0) line += fmt::format(", {} again", counted(file.job->retries, "strip"));
  line += "  " + describe_phases(file);
  line += fmt::format("  {} to workers and back", format_bytes(file.job->bytes_sent + file.job->bytes_received));
  return line + "  " + format_duration(file.duration);
}

std::string started_line(const SubmittedFile& file, const std::string& url) {
  const std::string result = file.job ? file.job->result : std::string();
  return fmt::format("{} -> {}/download/{}  {}", printable(file.input), url, http::percent_encode(result),
                     file.job ? printable(file.job->id) : "");
}

std::string submit_json(const SubmitReport& report) {
  Json json{{"command", "submit"}, {"version", ECE465_VERSION}, {"url", report.url}};
  json["files"] = Json::array();
  for (const auto& file : report.files) json["files"].push_back(json_of(file));
  json["notes"] = report.notes;
  json["done"] = report.done;
  json["failed"] = report.failed;
  json["seconds"] = seconds(report.duration);
  json["bytes_in"] = report.bytes_in;
  json["bytes_out"] = report.bytes_out;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ece465::cli
