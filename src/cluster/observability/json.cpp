#include "observability/json.hpp"

#include <fmt/chrono.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "ece465/base/seconds.hpp"
#include "store/error_json.hpp"

namespace ece465::cluster {
namespace {

using json = nlohmann::ordered_json;  // keeps the order of fields

/// Invalid UTF-8 is replaced: names and messages come from outside.
std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json time_or_null(const std::optional<WallTime>& time) { return time ? json(to_rfc3339(*time)) : json(nullptr); }

/// From a job's start to its end, or to now.
double job_seconds(const JobStatus& job) {
  if (!job.started) return 0;
  const auto end = job.finished.value_or(std::max(wall_now(), *job.started));
  return seconds(end - *job.started);
}

json image_object(const ImageSummary& image) {
  return {{"format", image::format_name(image.format)},
          {"width", image.width},
          {"height", image.height},
          {"bits", image.bits},
          {"color", image.color},
          {"pages", image.pages}};
}

}  // namespace

std::string image_json(const ImageSummary& image) { return text_of(image_object(image)); }

std::string job_json(const JobStatus& job) {
  json workers = json::array();
  for (const auto& [id, share] : job.shares) {
    workers.push_back({{"id", id}, {"strips", share.strips}, {"bytes", share.bytes}});
  }
  return text_of(json{
      {"id", to_string(job.number)},
      {"file", job.request.file},
      {"result", job.result},
      {"channels", channels_name(job.request.channels)},
      {"quality", job.request.quality == 0 ? json(nullptr) : json(job.request.quality)},
      {"state", state_name(job.state)},
      {"reason", job.error ? json(job.error->text()) : json(nullptr)},
      {"error", job.error ? error_json(*job.error) : json(nullptr)},
      {"phase", phase_name(job.phase)},
      {"progress", job.progress},
      {"page", job.page + 1},
      {"pages", job.image ? job.image->pages : 1},
      {"created", to_rfc3339(job.created)},
      {"started", time_or_null(job.started)},
      {"finished", time_or_null(job.finished)},
      {"seconds", job_seconds(job)},
      {"phases",
       {{"read", seconds(job.read)},
        {"split", seconds(job.split)},
        {"map", seconds(job.map)},
        {"reduce", seconds(job.reduce)},
        {"apply", seconds(job.apply)},
        {"stitch", seconds(job.stitch)},
        {"write", seconds(job.write)}}},
      {"image", job.image ? image_object(*job.image) : json(nullptr)},
      {"bytes",
       {{"pixels", job.pixels},
        {"sent", job.bytes_sent},
        {"received", job.bytes_received},
        {"spared", job.bytes_spared},
        {"map", {{"sent", job.map_sent}, {"received", job.map_received}}},
        {"apply", {{"sent", job.apply_sent}, {"received", job.apply_received}}}}},
      {"strips",
       {{"total", job.strips},
        {"map_done", job.map_done},
        {"apply_done", job.apply_done},
        {"attempts", job.attempts},
        {"retries", job.retries},
        {"duplicates", job.duplicates},
        {"stolen", job.stolen},
        {"invalid_results", job.invalid_results},
        {"lies", job.invalid_results}}},  // deprecated
      {"workers", std::move(workers)},
      {"notes", job.notes},
  });
}

std::string worker_json(const WorkerStatus& worker) {
  return text_of(json{
      {"id", worker.id},
      {"peer", worker.peer},
      {"dialect", worker.dialect},
      {"state", worker_state_name(worker.view.state)},
      {"threads", worker.threads},
      {"strips_in_flight", worker.view.tasks_in_flight},
      {"bytes_in_flight", worker.view.bytes_in_flight},
      {"strips_kept", worker.view.strips_kept},
      {"bytes_kept", worker.view.bytes_kept},
      {"bytes_per_second", worker.view.bytes_per_second},
      {"strips_merged", worker.view.strips_merged},
      {"bytes_merged", worker.view.bytes_merged},
      {"connected", to_rfc3339(worker.connected)},
      {"last_heard", to_rfc3339(worker.last_heard)},
  });
}

std::string uploaded_json(std::string_view name) { return text_of(json{{"filename", name}, {"status", "uploaded"}}); }

std::string worker_lost_json(std::string_view id) { return text_of(json{{"id", id}}); }

std::string file_event_json(std::string_view name, std::string_view change) {
  return text_of(json{{"name", name}, {"change", change}});
}

std::string timeline_json(const Timeline* recorded, std::size_t from, std::size_t limit) {
  static const Timeline kEmpty({});
  const Timeline& timeline = recorded != nullptr ? *recorded : kEmpty;
  json strips = json::array();
  // Later parts omit the strips: the client has them.
  for (std::size_t i = 0; from == 0 && i < timeline.strips().size(); ++i) {
    const Timeline::Strip& strip = timeline.strips()[i];
    strips.push_back({{"plane", strip.plane},
                      {"first_row", strip.first_row},
                      {"rows", strip.rows},
                      {"first_column", strip.first_column},
                      {"columns", strip.columns},
                      {"bytes", strip.bytes}});
  }
  const auto& entries = timeline.entries();
  json events = json::array();
  std::size_t next = std::min(from, entries.size());
  for (; next < entries.size() && events.size() < limit; ++next) {
    const Timeline::Entry& entry = entries[next];
    json event{{"at", std::round(static_cast<double>(entry.seconds) * 1e6) / 1e6},
               {"what", event_name(entry.kind)},
               {"phase", phase_name(entry.phase)}};
    using Kind = Timeline::Kind;
    if (entry.kind != Kind::phase && entry.kind != Kind::gone) event["strip"] = entry.strip;
    if (entry.kind == Kind::sent || entry.kind == Kind::done || entry.kind == Kind::missed ||
        entry.kind == Kind::gone) {
      event["worker"] = timeline.worker(entry);
    }
    if (entry.kind == Kind::sent) event["kept"] = entry.kept;
    if (entry.kind == Kind::missed) event["why"] = failure_reason_name(entry.reason);
    events.push_back(std::move(event));
  }
  return text_of(json{{"kept", recorded != nullptr},
                      {"seconds", recorded != nullptr ? timeline.seconds() : 0},
                      {"ended", timeline.ended()},
                      {"cut", timeline.cut()},
                      {"strips_total", timeline.strips_total()},
                      {"strips", std::move(strips)},
                      {"events", std::move(events)},
                      {"next", next},
                      {"more", next < entries.size()}});
}

std::string log_json(const RecentLog::Line& line) {
  // Local time, as in the course's programs.
  const auto when = std::chrono::system_clock::to_time_t(line.time);
  return text_of(json{
      {"time", fmt::format("{:%H:%M:%S}", fmt::localtime(when))}, {"source", line.source}, {"message", line.message}});
}

}  // namespace ece465::cluster
