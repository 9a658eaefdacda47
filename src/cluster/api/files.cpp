#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "api/handlers.hpp"
#include "api/responses.hpp"
#include "ece465/http/range.hpp"
#include "ece465/image/codec.hpp"
#include "ece465/net/offload.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

using http::Request;
using http::Response;
using json = nlohmann::ordered_json;

constexpr std::uint64_t kMinPreviewSize = 16, kMaxPreviewSize = 2048, kDefaultPreviewSize = 320;
/// How long one request may read headers that are not cached. Later requests describe the rest.
constexpr auto kHeaderTime = std::chrono::seconds(2);

using Entries = Result<std::vector<DataFolder::Entry>>;

/// The type is detected from content: one of the course's own samples is a PNG named .jpg.
std::string_view content_type(const ByteSource& source) {
  std::array<std::byte, 16> head{};
  const auto n = source.read_at(0, head);
  const auto format = image::format_of_content(Bytes(head).first(n.value_or(0)));
  if (!format) return "application/octet-stream";
  switch (*format) {
    case image::Format::jpeg: return "image/jpeg";
    case image::Format::tiff: return "image/tiff";
    case image::Format::png: return "image/png";
  }
  return "application/octet-stream";
}

struct Download {
  DataFolder::Opened file;
  std::string_view type;
};

Result<Download> open_download(const DataFolder& folder, const std::string& name) {
  Download download;
  ECE465_ASSIGN(download.file, folder.open_version(name));
  download.type = content_type(*download.file.source);
  return download;
}

/// The list of inputs with their headers. Runs on the files pool.
Result<std::string> describe(const DataFolder& folder, HeaderCache& headers) {
  ECE465_ASSIGN(const auto inputs, folder.inputs());
  ECE465_ASSIGN(const auto results, folder.results());
  std::set<std::string, std::less<>> result_names;
  for (const auto& result : results) result_names.insert(result.name);
  const auto end = std::chrono::steady_clock::now() + kHeaderTime;
  json files = json::array();
  for (const auto& input : inputs) {
    std::optional<HeaderSummary> summary;
    if (std::chrono::steady_clock::now() < end) summary = headers.look(folder, input.name);
    const std::string result = result_name(input.name);
    files.push_back({{"name", input.name},
                     {"size", input.size},
                     {"modified", to_rfc3339(input.modified)},
                     {"result", result_names.contains(result) ? json(result) : json(nullptr)},
                     {"image", summary && summary->image ? json::parse(image_json(*summary->image)) : json(nullptr)},
                     {"detail", summary && !summary->detail.empty() ? json(summary->detail) : json(nullptr)}});
  }
  return json{{"files", std::move(files)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Deletes a file and its result. False: there was no such file.
Result<bool> delete_with_result(const DataFolder& folder, const std::string& name) {
  ECE465_ASSIGN(const bool removed, folder.remove(name));
  if (removed) ECE465_TRY(folder.remove(result_name(name)));
  return removed;
}

}  // namespace

net::Task<Response> list_inputs(Api& api, Request& /*request*/) {
  const DataFolder& folder = api.context.folder;
  const Entries entries = co_await net::offload(api.context.files, [&]() { return folder.inputs(); });
  if (!entries) co_return error_response(entries.error());
  json files = json::array();
  for (const auto& entry : *entries) files.push_back({{"name", entry.name}, {"size", entry.size}});
  co_return Response::json(200, json{{"files", std::move(files)}}.dump());
}

net::Task<Response> list_results(Api& api, Request& /*request*/) {
  const DataFolder& folder = api.context.folder;
  const Entries entries = co_await net::offload(api.context.files, [&]() { return folder.results(); });
  if (!entries) co_return error_response(entries.error());
  json files = json::array();
  for (const auto& entry : *entries) files.push_back({{"name", entry.name}});
  co_return Response::json(200, json{{"files", std::move(files)}}.dump());
}

net::Task<Response> delete_file(Api& api, Request& request) {
  ApiContext& context = api.context;
  const std::string name = request.captured["name"];
  // A running job would create the result after this.
  for (const JobStatus& job : context.engine.jobs()) {
    if (job.request.file == name && !job.ended()) (void)context.engine.cancel(job.number);
  }
  const DataFolder& folder = context.folder;
  const Result<bool> removed = co_await net::offload(context.files, [&]() { return delete_with_result(folder, name); });
  if (!removed) co_return error_response(removed.error());
  if (!*removed) co_return Response::detail(404, "File not found or already deleted.");
  context.logs.add(kMasterSource, fmt::format("Deleted {}.", name));
  if (context.events.has_subscribers()) context.events.publish("file", file_event_json(name, "removed"));
  co_return Response::json(200, json{{"status", "success"}, {"filename", name}}.dump());
}

net::Task<Response> download(Api& api, Request& request) {
  const DataFolder& folder = api.context.folder;
  const std::string& name = request.captured["name"];
  const Result<Download> opened =
      co_await net::offload(api.context.files, [&]() { return open_download(folder, name); });
  if (!opened) co_return error_response(opened.error());
  // The open file does not change: files are replaced, never overwritten.
  const std::string etag = fmt::format("\"{}\"", opened->file.version);
  Response response = http::serve_file(request, opened->file.source, etag, opened->type);
  response.headers.add("Content-Disposition", http::attachment(name));
  co_return response;
}

net::Task<Response> describe_files(Api& api, Request& /*request*/) {
  const DataFolder& folder = api.context.folder;
  HeaderCache& headers = api.headers;
  auto text = co_await net::offload(api.context.files, [&]() { return describe(folder, headers); });
  if (!text) co_return error_response(text.error());
  co_return Response::json(200, std::move(*text));
}

net::Task<Response> preview(Api& api, Request& request) {
  ApiContext& context = api.context;
  const auto size = query_number(request, "size", kDefaultPreviewSize, kMinPreviewSize, kMaxPreviewSize);
  if (!size) {
    co_return invalid_response("query", "size",
                               fmt::format("Must be a number from {} to {}.", kMinPreviewSize, kMaxPreviewSize));
  }
  const auto side = static_cast<std::uint32_t>(*size);
  const DataFolder& folder = context.folder;
  const std::string& name = request.captured["name"];
  auto opened = co_await net::offload(context.files, [&]() { return folder.open_version(name); });
  if (!opened) co_return error_response(opened.error());

  const std::string etag = fmt::format("\"{}\"", PreviewCache::key(*opened, side));
  const auto known = request.headers.get("If-None-Match");
  Response response(known && http::etag_matches(*known, etag) ? 304 : 200);
  response.headers.add("ETag", etag);
  // Short, because the file may be replaced; long enough for a list of files that is loaded repeatedly.
  response.headers.add("Cache-Control", "private, max-age=10");
  if (response.status == 304) co_return response;
  const auto jpeg = co_await api.previews.get(std::move(*opened), side);
  if (!jpeg) {
    if (jpeg.error().code == Errc::unavailable) co_return busy_response(jpeg.error().text());
    co_return error_response(jpeg.error());
  }
  response.headers.add("Content-Type", "image/jpeg");
  response.body = std::string(as_text(**jpeg));
  co_return response;
}

}  // namespace ece465::cluster
