#include "master_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ece465::cli {
namespace {

using Value = nlohmann::ordered_json;

Result<Value> parse_object(std::string_view text) {
  Value json = Value::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Errc::corrupt, "the answer is not a JSON object");
  return json;
}

/// `json[key]`, or null.
const Value& at(const Value& json, const char* key) {
  static const Value null;
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() ? *found : null;
}

std::string text_at(const Value& json, const char* key) {
  const Value& value = at(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number_at(const Value& json, const char* key) {
  const Value& value = at(json, key);
  return value.is_number() ? value.get<double>() : 0;
}

std::uint64_t count_at(const Value& json, const char* key) {
  const Value& value = at(json, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::optional<WallTime> time_at(const Value& json, const char* key) {
  const auto time = parse_rfc3339(text_at(json, key));
  return time ? std::optional(*time) : std::nullopt;
}

/// The elements of `json[key]`, if it is an array.
const Value& list_at(const Value& json, const char* key) {
  static const Value empty = Value::array();
  const Value& value = at(json, key);
  return value.is_array() ? value : empty;
}

/// `json["error"]`; an older master sends no more than `text`.
std::optional<Error> error_of(const Value& json, std::string text, Errc code) {
  if (text.empty()) return std::nullopt;
  const Value& error = at(json, "error");
  if (!error.is_object()) return Error{code, std::move(text)};
  return Error{parse_errc(text_at(error, "code")).value_or(code), text_at(error, "message"), text_at(error, "subject")};
}

RemoteState state_of(std::string_view word) {
  if (word == "done") return RemoteState::done;
  if (word == "failed") return RemoteState::failed;
  if (word == "cancelled") return RemoteState::cancelled;
  return word == "queued" ? RemoteState::queued : RemoteState::running;
}

std::optional<RemoteJob::Image> image_of(const Value& json) {
  if (!json.is_object()) return std::nullopt;
  RemoteJob::Image image;
  image.format = text_at(json, "format");
  image.width = count_at(json, "width");
  image.height = count_at(json, "height");
  image.bits = count_at(json, "bits");
  image.pages = count_at(json, "pages");
  image.color = at(json, "color") == true;
  return image;
}

RemoteJob job_of(const Value& json) {
  RemoteJob job;
  job.id = text_at(json, "id");
  job.file = text_at(json, "file");
  job.result = text_at(json, "result");
  job.state = state_of(text_at(json, "state"));
  job.error = error_of(json, text_at(json, "reason"), Errc::bad_input);
  job.phase = text_at(json, "phase");
  job.progress = std::clamp(number_at(json, "progress"), 0.0, 1.0);
  job.seconds = number_at(json, "seconds");
  const Value& phases = at(json, "phases");
  if (phases.is_object()) {
    for (const auto& [name, seconds] : phases.items()) {
      if (seconds.is_number()) job.phases.emplace_back(name, seconds.get<double>());
    }
  }
  job.image = image_of(at(json, "image"));
  job.bytes_sent = count_at(at(json, "bytes"), "sent");
  job.bytes_received = count_at(at(json, "bytes"), "received");
  job.retries = count_at(at(json, "strips"), "retries");
  for (const Value& share : list_at(json, "workers")) {
    job.shares.push_back({text_at(share, "id"), count_at(share, "strips"), count_at(share, "bytes")});
  }
  for (const Value& note : list_at(json, "notes")) {
    if (note.is_string()) job.notes.push_back(note.get<std::string>());
  }
  job.json = json.dump(-1, ' ', false, Value::error_handler_t::replace);
  return job;
}

RemoteWorker worker_of(const Value& json) {
  RemoteWorker worker;
  worker.id = text_at(json, "id");
  worker.dialect = text_at(json, "dialect");
  worker.state = text_at(json, "state");
  worker.threads = count_at(json, "threads");
  worker.strips_in_flight = count_at(json, "strips_in_flight");
  worker.bytes_in_flight = count_at(json, "bytes_in_flight");
  worker.strips_merged = count_at(json, "strips_merged");
  worker.bytes_per_second = number_at(json, "bytes_per_second");
  worker.last_heard = time_at(json, "last_heard");
  return worker;
}

}  // namespace

std::optional<WallTime> RemoteStatus::now() const {
  if (!started) return std::nullopt;
  return *started + std::chrono::milliseconds(static_cast<std::int64_t>(uptime_seconds * 1000));
}

Result<RemoteJob> parse_job(std::string_view json) {
  ECE465_ASSIGN(const Value object, parse_object(json));
  RemoteJob job = job_of(object);
  if (job.id.empty()) return fail(Errc::corrupt, "the answer is not a job: it has no id");
  return job;
}

Result<std::vector<RemoteJob>> parse_jobs(std::string_view json) {
  ECE465_ASSIGN(const Value object, parse_object(json));
  std::vector<RemoteJob> jobs;
  for (const Value& job : list_at(object, "jobs")) jobs.push_back(job_of(job));
  return jobs;
}

Result<std::vector<RemoteWorker>> parse_workers(std::string_view json) {
  ECE465_ASSIGN(const Value object, parse_object(json));
  std::vector<RemoteWorker> workers;
  for (const Value& worker : list_at(object, "workers")) workers.push_back(worker_of(worker));
  return workers;
}

Result<RemoteStatus> parse_status(std::string_view json) {
  ECE465_ASSIGN(const Value object, parse_object(json));
  RemoteStatus status;
  status.version = text_at(object, "version");
  if (status.version.empty()) return fail(Errc::corrupt, "the answer is not a master's status: it has no version");
  status.started = time_at(object, "started");
  constexpr double kMax = 3e9;  // a hundred years; as nanoseconds it fits 64 bits
  status.uptime_seconds = std::clamp(number_at(object, "uptime_seconds"), 0.0, kMax);
  status.workers = count_at(object, "workers");
  status.connections = count_at(object, "connections");
  const Value& jobs = at(object, "jobs");
  status.queued = count_at(jobs, "queued");
  status.running = count_at(jobs, "running");
  status.done = count_at(jobs, "done");
  status.failed = count_at(jobs, "failed");
  status.cancelled = count_at(jobs, "cancelled");
  status.bytes_sent = count_at(object, "bytes_sent");
  status.bytes_received = count_at(object, "bytes_received");
  status.pixels_per_second = number_at(object, "pixels_per_second");
  return status;
}

std::optional<Error> parse_refusal(std::string_view json, Errc code) {
  const auto object = parse_object(json);
  return object ? error_of(*object, text_at(*object, "detail"), code) : std::nullopt;
}

std::optional<std::string> parse_uploaded(std::string_view json) {
  const auto object = parse_object(json);
  std::string name = object ? text_at(*object, "filename") : std::string();
  if (name.empty()) return std::nullopt;
  return name;
}

std::string job_request_json(std::string_view file, std::string_view channels, int quality) {
  Value json{{"file", file}, {"channels", channels}};
  if (quality != 0) json["quality"] = quality;
  return json.dump(-1, ' ', false, Value::error_handler_t::replace);
}

}  // namespace ece465::cli
