#include "submit_report.hpp"

#include <fmt/format.h>

#include "common/text.hpp"
#include "ece465/base/seconds.hpp"
#include "ece465/http/message.hpp"

namespace ece465::cli {
namespace {

std::string describe_image(const RemoteJob::Image& image) {
  std::string text =
      fmt::format("{}x{} {}-bit {}", image.width, image.height, image.bits, image.color ? "color" : "gray");
  if (image.pages > 1) text += fmt::format(", {}", counted(image.pages, "page"));
  return text;
}

/// "3 workers", "2 workers and the master", "the master"; empty if unknown.
std::string describe(const Participants& participants) {
  if (participants.workers == 0) return participants.master ? "the master" : "";
  return counted(participants.workers, "worker") + (participants.master ? " and the master" : "");
}

/// "up 0.001, read 0.002, map 0.004, ... down 0.001 s"
std::string describe_phases(const SubmittedFile& file) {
  std::string text = fmt::format("up {:.3f}", seconds(file.upload));
  for (const auto& [name, wall] : file.job->phases) text += fmt::format(", {} {:.3f}", printable(name), wall);
  return text + fmt::format(", down {:.3f} s", seconds(file.download));
}

Json file_json(const SubmittedFile& file) {
  return {{"input", file.input},
          {"output", file.error || file.output.empty() ? Json() : Json(file.output)},
          {"name", file.name.empty() ? Json() : Json(file.name)},
          {"job", file.job ? Json::parse(file.job->json) : Json()},
          {"notes", Json::array(file.notes)},
          {"upload_seconds", seconds(file.upload)},
          {"download_seconds", seconds(file.download)},
          {"seconds", seconds(file.duration)},
          {"bytes_in", file.bytes_in},
          {"bytes_out", file.bytes_out},
          {"error", error_json(file.error)}};
}

}  // namespace

Participants participants_of(const RemoteJob& job) {
  Participants participants;
  for (const auto& share : job.shares) {
    if (share.strips == 0 && share.bytes == 0) continue;
    if (share.id == "master") {
      participants.master = true;
    } else {
      ++participants.workers;
    }
  }
  return participants;
}

std::string submitted_line(const SubmittedFile& file) {
  std::string line = fmt::format("{} -> {}", printable(file.input), printable(file.output));
  if (!file.job) return line;
  if (file.job->image) line += "  " + describe_image(*file.job->image);
  if (const std::string who = describe(participants_of(*file.job)); !who.empty()) line += "  " + who;
  if (file.job->retries > 0) line += fmt::format(", {} retried", counted(file.job->retries, "strip"));
  line += "  " + describe_phases(file);
  line += fmt::format("  {} to workers and back", format_bytes(file.job->bytes_sent + file.job->bytes_received));
  return line + "  " + format_duration(file.duration);
}

std::string started_line(const SubmittedFile& file, const std::string& url) {
  const std::string result = file.job ? file.job->result : std::string();
  return fmt::format("{} -> {}/download/{}  {}", printable(file.input), url, http::percent_encode(result),
                     file.job ? printable(file.job->id) : "");
}

std::string submit_json(const std::string& url, const std::vector<SubmittedFile>& files, const RunTotals& totals) {
  Json list = Json::array();
  for (const auto& file : files) list.push_back(file_json(file));
  Json json{{"command", "submit"}, {"version", ECE465_VERSION}, {"url", url}, {"files", list}};
  totals.add_to(json);
  return json.pretty() + "\n";
}

}  // namespace ece465::cli
