#include "master_client.hpp"

#include <charconv>

namespace ece465::cli {
namespace {

constexpr int kOk = 200, kCreated = 201;

http::ClientOptions client_options(net::Duration timeout) {
  http::ClientOptions options;
  options.connect_timeout = timeout;
  options.idle_timeout = timeout;
  return options;
}

Errc kind_of(int status) {
  switch (status) {
    case 408:
    case 504: return Errc::timeout;
    case 404: return Errc::not_found;
    case 413: return Errc::too_large;
    case 503: return Errc::unavailable;
    default: return status >= 400 && status < 500 ? Errc::bad_input : Errc::io;
  }
}

/// The error in an answer.
std::unexpected<Error> refused(const http::ClientResponse& response) {
  auto refusal = parse_refusal(response.body, kind_of(response.status));
  if (refusal) return std::unexpected(*std::move(refusal));
  return fail(kind_of(response.status), "HTTP {} {}", response.status, http::reason_phrase(response.status));
}

std::string_view channels_word(image::Channels channels) {
  switch (channels) {
    case image::Channels::luma: return "luma";
    case image::Channels::gray: return "gray";
    case image::Channels::each: return "each";
  }
  return "luma";
}

std::optional<std::uint64_t> announced_length(const http::ClientResponse& response) {
  const auto text = response.headers.get("Content-Length");
  if (!text) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return length;
}

}  // namespace

std::string url_text(const http::Url& url) { return fmt::format("http://{}{}", url.address.to_string(), url.base); }

MasterClient::MasterClient(http::Url url, net::Duration timeout)
    : url_(url), client_(std::move(url), client_options(timeout)) {}

std::unexpected<Error> MasterClient::explained(Error error) const {
  switch (error.code) {
    case Errc::corrupt:
    case Errc::too_large: error = Error{Errc::unavailable, error.text(), url_text(url_)}; break;
    case Errc::unavailable: error.message += "; is a master running there? start one with: ece465 master"; break;
    case Errc::timeout: error.message += "; --timeout sets how long to wait"; break;
    default: break;
  }
  return std::unexpected(std::move(error));
}

net::Task<Result<http::ClientResponse>> MasterClient::request(std::string method, std::string target,
                                                              std::string json) {
  auto response = co_await client_.request(std::move(method), std::move(target), std::move(json));
  if (!response) co_return explained(std::move(response).error());
  co_return response;
}

net::Task<Result<std::string>> MasterClient::get(std::string target) {
  ECE465_CO_ASSIGN(auto response, co_await request("GET", std::move(target)));
  if (response.status != kOk) co_return refused(response);
  co_return std::move(response.body);
}

net::Task<Result<RemoteStatus>> MasterClient::hello() {
  ECE465_CO_ASSIGN(const auto response, co_await request("GET", "/api/v1/status"));
  if (response.status == 503) co_return refused(response);
  if (auto status = parse_status(response.body); status && response.status == kOk) co_return status;
  co_return fail_on(url_text(url_), Errc::unavailable, "something answers, but it is not an ece465 master (HTTP {})",
                    response.status);
}

net::Task<Result<std::string>> MasterClient::upload(std::string name, const ByteSource& source,
                                                    TransferProgress progress) {
  http::FilePart part;
  part.field = "file";
  part.filename = name;
  part.source = &source;
  part.progress = std::move(progress);
  const auto answer = co_await client_.upload("/upload", part);
  if (!answer) co_return explained(answer.error());
  const auto& response = *answer;
  if (response.status != kOk && response.status != kCreated) co_return refused(response);
  co_return parse_uploaded(response.body).value_or(name);
}

net::Task<Result<MasterClient::Started>> MasterClient::start(std::string file, image::Channels channels, int quality) {
  std::string json = job_request_json(file, channels_word(channels), quality);
  ECE465_CO_ASSIGN(const auto response, co_await request("POST", "/api/v1/jobs", std::move(json)));
  if (response.status != kOk && response.status != kCreated) co_return refused(response);
  auto job = parse_job(response.body);
  if (!job) co_return explained(std::move(job).error());
  Started started;
  started.job = *std::move(job);
  started.existing = response.status == kOk;
  co_return started;
}

net::Task<Result<RemoteJob>> MasterClient::job(std::string id) {
  ECE465_CO_ASSIGN(const auto response, co_await request("GET", "/api/v1/jobs/" + http::percent_encode(id)));
  if (response.status != kOk) co_return refused(response);
  auto job = parse_job(response.body);
  if (!job) co_return explained(std::move(job).error());
  co_return job;
}

net::Task<Result<void>> MasterClient::cancel(std::string id) {
  ECE465_CO_ASSIGN(const auto response, co_await request("DELETE", "/api/v1/jobs/" + http::percent_encode(id)));
  if (response.status != kOk) co_return refused(response);
  co_return Result<void>{};
}

net::Task<Result<std::uint64_t>> MasterClient::download(std::string name, ByteSink& sink, TransferProgress progress) {
  std::uint64_t got = 0;
  const auto take = [&](Bytes bytes) -> Result<void> {
    ECE465_TRY(sink.write_at(got, bytes));
    got += bytes.size();
    if (progress) progress(got, 0);
    return {};
  };
  const auto response = co_await client_.download("/download/" + http::percent_encode(name), take);
  if (!response) co_return explained(response.error());
  if (response->status != kOk) co_return refused(*response);
  const auto announced = announced_length(*response);
  if (announced && *announced != got) {
    co_return fail_on(url_text(url_), Errc::unavailable, "{} of {} bytes arrived", got, *announced);
  }
  co_return got;
}

net::Task<Result<text::Tally>> MasterClient::map_text(text::Kind kind, const ByteSource* source,
                                                      TransferProgress progress) {
  text::Tally tally(kind);
  text::ResultReader reader(tally);
  const auto take = [&reader](Bytes bytes) { return reader.add(as_text(bytes)); };
  const std::string target = fmt::format("/api/v1/mapreduce/{}", text::kind_name(kind));
  const auto response = co_await client_.post(target, source, std::move(progress), take);
  if (!response) co_return explained(response.error());
  if (response->status == 404) {
    co_return fail_on(url_text(url_), Errc::unsupported,
                      "this master cannot count texts; it is older than this program");
  }
  if (response->status != kOk) co_return refused(*response);
  if (auto whole = reader.end(); !whole) co_return explained(std::move(whole).error());
  co_return tally;
}

net::Task<Result<void>> MasterClient::remove(std::string file) {
  ECE465_CO_ASSIGN(const auto response, co_await request("DELETE", "/files/" + http::percent_encode(file)));
  if (response.status != kOk) co_return refused(response);
  co_return Result<void>{};
}

void run_until_done(asio::io_context& context, net::Task<void> task, const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  context.restart();
  asio::co_spawn(context, std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // from a library; main catches it
  });
  const std::stop_callback stopper(stop, [&context] { context.stop(); });
  context.run();
}

}  // namespace ece465::cli
