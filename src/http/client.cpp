#include "ece465/http/client.hpp"

#include <algorithm>
#include <array>
#include <random>

#include "codec.hpp"

namespace ece465::http {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 10;

std::string random_boundary() {
  std::random_device entropy;
  return fmt::format("ece465-{:08x}{:08x}{:08x}", entropy(), entropy(), entropy());
}

/// Encodes a quoted parameter like browsers do: quotes and line ends percent-encoded.
std::string quote_parameter(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"')
      result += "%22";
    else if (c == '\r')
      result += "%0D";
    else if (c == '\n')
      result += "%0A";
    else
      result += c;
  }
  return result;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) return fail(Errc::usage, "'{}': https is not supported; use http://", text);
  std::string_view rest = text;
  if (rest.starts_with(kScheme)) {
    rest.remove_prefix(kScheme.size());
  } else if (rest.find("://") != std::string_view::npos) {
    return fail(Errc::usage, "'{}' is not an http:// address", text);
  }
  const auto slash = std::min(rest.find('/'), rest.size());
  Url url;
  ECE465_ASSIGN(url.address, net::parse_address(rest.substr(0, slash), 80));
  url.base = rest.substr(slash);
  // The path is sent unchanged: a space or a line end would end the request line early.
  const auto is_plain = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(url.base, is_plain)) {
    return fail(Errc::usage, "'{}': write spaces and non-ASCII letters of the path as %XX", text);
  }
  while (url.base.ends_with('/')) url.base.pop_back();
  return url;
}

struct Client::Impl {
  Impl(Url u, ClientOptions o) : url(std::move(u)), options(o), buffer(kReadSize) {}

  Url url;
  ClientOptions options;
  std::optional<net::Stream> stream;
  bool closing = false;   ///< `close` was called during an exchange
  bool answered = false;  ///< a part of the response has arrived
  Buffer buffer;
  std::size_t begin = 0, end = 0;

  [[nodiscard]] Bytes input() const { return buffer.span().subspan(begin, end - begin); }
  net::Task<Result<std::size_t>> more() {
    std::copy(buffer.data() + begin, buffer.data() + end, buffer.data());
    end -= begin;
    begin = 0;
    if (end == buffer.size()) co_return fail(Errc::corrupt, "{} sent too long a header", url.address.to_string());
    ECE465_CO_ASSIGN(const std::size_t n, co_await stream->read_some(buffer.span().subspan(end), options.idle_timeout));
    end += n;
    answered = answered || n > 0;
    co_return n;
  }

  [[nodiscard]] Headers common_headers() const {
    Headers headers;
    headers.add("Host", url.address.to_string());
    headers.add("User-Agent", "ece465");
    headers.add("Accept", "*/*");
    return headers;
  }

  net::Task<Result<void>> ensure_connected() {
    if (stream) co_return Result<void>{};
    begin = end = 0;
    ECE465_CO_ASSIGN(stream, co_await net::connect(url.address, options.connect_timeout));
    if (closing) co_return fail(Errc::cancelled, "the request to {} was cancelled", url.address.to_string());
    co_return Result<void>{};
  }

  net::Task<Result<ClientResponse>> read_response(std::function<Result<void>(Bytes)> sink) {
    MessageParser parser(Side::client, kMaxHeaderBytes, ~std::uint64_t{0});
    while (!parser.head_done()) {
      ECE465_CO_ASSIGN(const std::size_t used, parser.put_head(input()));
      begin += used;
      if (parser.head_done()) break;
      ECE465_CO_ASSIGN(const std::size_t n, co_await more());
      if (n == 0) co_return fail(Errc::unavailable, "{} closed the connection", url.address.to_string());
    }
    ClientResponse response;
    response.status = parser.status();
    response.headers = parser.headers();
    const bool to_sink = sink && response.status == 200;
    Buffer piece(kReadSize);
    while (!parser.done()) {
      ECE465_CO_ASSIGN(const auto step, parser.put_body(input(), piece.span()));
      begin += step.consumed;
      const Bytes got = piece.span().first(step.produced);
      if (to_sink) {
        ECE465_CO_TRY(sink(got));
      } else if (response.body.size() + got.size() > options.max_body_bytes) {
        co_return fail(Errc::too_large, "{} sent more than {} bytes", url.address.to_string(), options.max_body_bytes);
      } else {
        response.body += as_text(got);
      }
      if (step.done || step.produced > 0) continue;
      ECE465_CO_ASSIGN(const std::size_t n, co_await more());
      if (n == 0) {
        ECE465_CO_TRY(parser.put_end());
        break;
      }
    }
    if (!parser.keep_alive()) stream.reset();
    co_return response;
  }

  /// A request with a small body, and its response. If the connection was kept from an earlier request and has been
  /// closed meanwhile, tries once more, unless a part of the response has arrived, which the sink may have received.
  net::Task<Result<ClientResponse>> exchange(std::string head, std::string body,
                                             std::function<Result<void>(Bytes)> sink) {
    closing = false;
    for (int attempt = 0;; ++attempt) {
      const bool reused = stream.has_value();
      answered = false;
      ECE465_CO_TRY(co_await ensure_connected());
      const std::array<Bytes, 2> buffers{as_bytes(head), as_bytes(body)};
      // Not a conditional expression: GCC 12 frees the result of a co_await inside one.
      Result<ClientResponse> response = std::unexpected(Error{});
      if (const auto sent = co_await stream->write(buffers, options.idle_timeout); sent) {
        response = co_await read_response(sink);
      } else {
        response = std::unexpected(sent.error());
      }
      if (response) co_return response;
      stream.reset();
      if (!reused || answered || attempt > 0 || response.error().code != Errc::unavailable) co_return response;
    }
  }

  /// A request with a body from a source, and its response. Large bodies are not sent twice, so each gets a new
  /// connection.
  net::Task<Result<ClientResponse>> send_large(std::string head, std::string before, const ByteSource& source,
                                               std::string after,
                                               std::function<void(std::uint64_t, std::uint64_t)> progress,
                                               std::function<Result<void>(Bytes)> sink) {
    closing = false;
    stream.reset();
    ECE465_CO_TRY(co_await ensure_connected());
    const std::array<Bytes, 2> start{as_bytes(head), as_bytes(before)};
    Result<void> sent = co_await stream->write(start, options.idle_timeout);
    const std::uint64_t size = source.size();
    Buffer piece(std::size_t{256} << 10);
    for (std::uint64_t done = 0; sent && done < size;) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - done));
      if (const auto read = source.read_exactly(done, piece.span().first(want)); !read) {
        stream.reset();  // the rest of the announced body cannot be sent
        co_return fail(Errc::bad_input, "{}", read.error().text());
      }
      sent = co_await stream->write(piece.span().first(want), options.idle_timeout);
      done += want;
      if (sent && progress) progress(done, size);
    }
    if (sent && !after.empty()) sent = co_await stream->write(as_bytes(after), options.idle_timeout);
    // A server that refuses the request may respond and stop reading early: its response takes precedence over `sent`.
    auto response = co_await read_response(std::move(sink));
    if (response) co_return response;
    stream.reset();
    if (!sent) co_return std::unexpected(sent.error());
    co_return response;
  }
};

Client::Client(Url url, ClientOptions options) : impl_(std::make_unique<Impl>(std::move(url), options)) {}
Client::~Client() = default;

void Client::close() {
  impl_->closing = true;
  if (impl_->stream) impl_->stream->close();
}

net::Task<Result<ClientResponse>> Client::request(std::string method, std::string target, std::string json) {
  Headers headers = impl_->common_headers();
  if (!json.empty()) headers.add("Content-Type", "application/json");
  if (!json.empty() || method != "GET") headers.add("Content-Length", std::to_string(json.size()));
  const std::string head = request_head(method, impl_->url.base + target, headers);
  co_return co_await impl_->exchange(head, json, nullptr);
}

net::Task<Result<ClientResponse>> Client::download(std::string target, std::function<Result<void>(Bytes)> sink) {
  const std::string head = request_head("GET", impl_->url.base + target, impl_->common_headers());
  co_return co_await impl_->exchange(head, "", std::move(sink));
}

net::Task<Result<ClientResponse>> Client::upload(std::string target, FilePart part) {
  const std::string boundary = random_boundary();
  const std::string before = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: "
      "application/octet-stream\r\n\r\n",
      boundary, quote_parameter(part.field), quote_parameter(part.filename));
  const std::string after = fmt::format("\r\n--{}--\r\n", boundary);
  const std::uint64_t size = part.source->size();
  Headers headers = impl_->common_headers();
  headers.add("Content-Type", "multipart/form-data; boundary=" + boundary);
  headers.add("Content-Length", std::to_string(before.size() + size + after.size()));
  const std::string head = request_head("POST", impl_->url.base + target, headers);

  co_return co_await impl_->send_large(head, before, *part.source, after, part.progress, nullptr);
}

net::Task<Result<ClientResponse>> Client::post(std::string target, const ByteSource* source,
                                               std::function<void(std::uint64_t, std::uint64_t)> progress,
                                               std::function<Result<void>(Bytes)> sink) {
  Headers headers = impl_->common_headers();
  headers.add("Content-Type", "application/octet-stream");
  headers.add("Content-Length", std::to_string(source->size()));
  const std::string head = request_head("POST", impl_->url.base + target, headers);
  co_return co_await impl_->send_large(head, "", *source, "", std::move(progress), std::move(sink));
}

}  // namespace ece465::http
