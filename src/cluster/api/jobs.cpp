#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "api/handlers.hpp"
#include "api/responses.hpp"
#include "ece465/net/offload.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

using http::Request;
using http::Response;
using json = nlohmann::ordered_json;

constexpr std::uint64_t kDefaultLimit = 100;
constexpr std::uint64_t kMaxPages = 65'536;
constexpr int kMinQuality = 1, kMaxQuality = 100;
constexpr std::string_view kJobNotFound = "Job not found";
constexpr std::string_view kInvalidChannels = "Must be luma, gray or each.";
constexpr std::string_view kInvalidQuality = "Must be a number from 1 to 100.";

/// A valid job request, or the response that refuses it.
using ParsedRequest = std::expected<JobRequest, Response>;

ParsedRequest parse_job_request(const Request& request, std::string name) {
  JobRequest job_request;
  job_request.file = std::move(name);
  if (const auto at = request.query.find("channels"); at != request.query.end()) {
    const auto channels = parse_channels(at->second);
    if (!channels) return std::unexpected(invalid_response("query", "channels", kInvalidChannels));
    job_request.channels = *channels;
  }
  if (request.query.contains("quality")) {
    const auto quality = query_number(request, "quality", kMaxQuality, kMinQuality, kMaxQuality);
    if (!quality) return std::unexpected(invalid_response("query", "quality", kInvalidQuality));
    job_request.quality = static_cast<int>(*quality);
  }
  return job_request;
}

ParsedRequest parse_job_request(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) {
    return std::unexpected(invalid_response("body", "", "Must be a JSON object with the field file."));
  }
  JobRequest job_request;
  if (!object.contains("file")) return std::unexpected(invalid_response("body", "file", kFieldRequired));
  if (!object["file"].is_string()) return std::unexpected(invalid_response("body", "file", "Must be a string."));
  job_request.file = object["file"].get<std::string>();
  if (const auto at = object.find("channels"); at != object.end()) {
    const auto channels = at->is_string() ? parse_channels(at->get<std::string>()) : std::nullopt;
    if (!channels) return std::unexpected(invalid_response("body", "channels", kInvalidChannels));
    job_request.channels = *channels;
  }
  // A job without a quality shows it as null.
  if (const auto at = object.find("quality"); at != object.end() && !at->is_null()) {
    const bool fits =
        at->is_number_unsigned() && at->get<std::uint64_t>() >= kMinQuality && at->get<std::uint64_t>() <= kMaxQuality;
    if (!fits) return std::unexpected(invalid_response("body", "quality", kInvalidQuality));
    job_request.quality = at->get<int>();
  }
  return job_request;
}

/// The job with the id in the path, from the engine or else from the store.
net::Task<std::expected<JobStatus, Response>> find_job(ApiContext& context, const Request& request) {
  const auto number = parse_job_number(request.captured.find("id")->second);
  if (!number) co_return std::unexpected(not_found_response(kJobNotFound));
  if (auto job = context.engine.job(*number)) co_return std::move(*job);
  const JobStore& store = context.store;
  auto stored = co_await net::offload(context.files, [&]() { return store.find(*number); });
  if (!stored) co_return std::unexpected(error_response(stored.error()));
  if (!*stored) co_return std::unexpected(not_found_response(kJobNotFound));
  co_return std::move(**stored);
}

/// A plane is named by what was equalized, not by how the file stores it.
std::string_view plane_name(const JobStatus& job, std::size_t plane, std::size_t planes) {
  constexpr std::array<std::string_view, 3> kColors{"red", "green", "blue"};
  if (planes == kColors.size()) return kColors[plane];
  return job.image && job.image->color && job.request.channels != image::Channels::each ? "luma" : "gray";
}

std::string histograms_json(const JobStatus& job, std::size_t page, const PageLevels& levels) {
  json planes = json::array();
  for (std::size_t i = 0; i < levels.before.size() && i < levels.tables.size(); ++i) {
    const image::Histogram& before = levels.before[i];
    const image::Histogram after = image::map_histogram(before, levels.tables[i]);
    planes.push_back({{"name", plane_name(job, i, levels.before.size())},
                      {"before", before.counts()},
                      {"after", after.counts()},
                      {"table", levels.tables[i]}});
  }
  return json{{"page", page + 1},
              {"pages", job.image ? job.image->pages : 1},
              {"bits", levels.bits},
              {"planes", std::move(planes)}}
      .dump();
}

/// A page's histograms as JSON, if there are any. Runs on the files pool: those of a 16-bit page take a megabyte.
Result<std::optional<std::string>> load_histograms(const JobStore& store, const JobStatus& job, std::size_t page) {
  ECE465_ASSIGN(const auto levels, store.levels(job.number, page));
  if (!levels) return std::nullopt;
  return histograms_json(job, page, *levels);
}

}  // namespace

net::Task<Response> process_file(Api& api, Request& request) {
  auto job_request = parse_job_request(request, request.captured["name"]);
  if (!job_request) co_return std::move(job_request).error();
  const auto accepted = co_await api.context.engine.process(std::move(*job_request));
  if (!accepted) co_return error_response(accepted.error());
  co_return Response::json(200,
                           json{{"status", "processing_started"}, {"job_id", to_string(accepted->job.number)}}.dump());
}

net::Task<Response> create_job(Api& api, Request& request) {
  const auto text = co_await request.text(api.context.limits.max_json_bytes);
  if (!text) co_return Response::detail(text.error().code == Errc::too_large ? 413 : 400, text.error().text());
  auto job_request = parse_job_request(*text);
  if (!job_request) co_return std::move(job_request).error();
  const auto accepted = co_await api.context.engine.process(std::move(*job_request));
  if (!accepted) co_return error_parts_response(accepted.error());
  Response response = Response::json(accepted->existing ? 200 : 201, job_json(accepted->job));
  response.headers.add("Location", fmt::format("/api/v1/jobs/{}", to_string(accepted->job.number)));
  co_return response;
}

net::Task<Response> list_jobs(Api& api, Request& request) {
  ApiContext& context = api.context;
  const std::uint64_t max = context.limits.max_jobs_listed;
  const auto limit = query_number(request, "limit", std::min(kDefaultLimit, max), 1, max);
  if (!limit) co_return invalid_response("query", "limit", fmt::format("Must be a number from 1 to {}.", max));
  const auto at = request.query.find("file");
  const std::string file = at == request.query.end() ? "" : at->second;
  const JobStore& store = context.store;
  const auto stored = co_await net::offload(context.files, [&]() { return store.newest(*limit, file); });
  if (!stored) co_return error_response(stored.error());
  // The engine's status is newer than the stored one.
  std::map<JobNumber, const JobStatus*, std::greater<>> jobs;
  for (const JobStatus& job : *stored) jobs[job.number] = &job;
  const auto current = context.engine.jobs();
  for (const JobStatus& job : current) {
    if (file.empty() || job.request.file == file) jobs[job.number] = &job;
  }
  std::string text = R"({"jobs":[)";
  std::size_t listed = 0;
  for (const auto& [number, job] : jobs) {
    if (listed == *limit) break;
    if (listed++ > 0) text += ',';
    text += job_json(*job);
  }
  co_return Response::json(200, text + "]}");
}

net::Task<Response> show_job(Api& api, Request& request) {
  auto job = co_await find_job(api.context, request);
  if (!job) co_return std::move(job).error();
  co_return Response::json(200, job_json(*job));
}

net::Task<Response> cancel_job(Api& api, Request& request) {
  auto job = co_await find_job(api.context, request);
  if (!job) co_return std::move(job).error();
  // This fails if the job has just ended; the response shows its state.
  (void)api.context.engine.cancel(job->number);
  const auto now = api.context.engine.job(job->number);
  co_return Response::json(200, job_json(now ? *now : *job));
}

net::Task<Response> show_strips(Api& api, Request& request) {
  auto job = co_await find_job(api.context, request);
  if (!job) co_return std::move(job).error();
  JobStrips current;
  current.page = job->page;
  current.phase = job->phase;
  if (auto known = api.context.engine.strips(job->number)) current = std::move(*known);
  json strips = json::array();
  for (const JobStrips::Strip& strip : current.strips) {
    strips.push_back({{"plane", strip.plane},
                      {"first_row", strip.first_row},
                      {"rows", strip.rows},
                      {"state", strip_state_name(strip.state)},
                      {"workers", strip.workers},
                      {"by", strip.by ? json(*strip.by) : json(nullptr)},
                      {"misses", strip.failed_attempts}});
  }
  const json text{{"page", current.page + 1}, {"phase", phase_name(current.phase)}, {"strips", std::move(strips)}};
  co_return Response::json(200, text.dump(-1, ' ', false, json::error_handler_t::replace));
}

net::Task<Response> show_timeline(Api& api, Request& request) {
  ApiContext& context = api.context;
  const auto page = query_number(request, "page", 1, 1, kMaxPages);
  if (!page) co_return invalid_response("query", "page", "Must be a page number, starting from 1.");
  const auto from = query_number(request, "from", 0, 0, TimelineLimits{}.entries);
  if (!from) co_return invalid_response("query", "from", "Must be the number of an entry, starting from 0.");
  auto job = co_await find_job(context, request);
  if (!job) co_return std::move(job).error();
  const auto pages = context.engine.timeline(job->number);
  const auto timeline = pages ? pages->page(*page - 1) : nullptr;
  co_return Response::json(200, timeline_json(timeline.get(), *from, context.limits.max_timeline_entries));
}

net::Task<Response> show_histograms(Api& api, Request& request) {
  const auto page = query_number(request, "page", 1, 1, kMaxPages);
  if (!page) co_return invalid_response("query", "page", "Must be a page number, starting from 1.");
  auto job = co_await find_job(api.context, request);
  if (!job) co_return std::move(job).error();
  const JobStore& store = api.context.store;
  auto text = co_await net::offload(api.context.files, [&]() { return load_histograms(store, *job, *page - 1); });
  if (!text) co_return error_response(text.error());
  if (!*text) co_return not_found_response("No histograms of that page");
  co_return Response::json(200, std::move(**text));
}

}  // namespace ece465::cluster
