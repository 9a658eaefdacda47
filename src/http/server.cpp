#include "ece465/http/server.hpp"

#include <algorithm>
#include <array>
#include <list>

#include "codec.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::http {
namespace {

constexpr std::size_t kFileReadSize = std::size_t{256} << 10;
using Clock = std::chrono::steady_clock;

/// Buffers the input of a connection.
class Input {
 public:
  explicit Input(net::Stream& stream) : stream_(stream), buffer_(kReadSize) {}

  [[nodiscard]] Bytes bytes() const { return buffer_.span().subspan(begin_, end_ - begin_); }
  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Reads more bytes into the buffer; 0 at the end of the stream.
  net::Task<Result<std::size_t>> more(net::Duration limit) {
    if (begin_ > 0) {
      std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == buffer_.size()) co_return fail(Errc::too_large, "{} sent too long a line", stream_.peer());
    ECE465_CO_ASSIGN(const std::size_t n, co_await stream_.read_some(buffer_.span().subspan(end_), limit));
    end_ += n;
    co_return n;
  }

 private:
  net::Stream& stream_;
  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

/// A request's body, read from the connection on demand.
class ConnectionBody final : public BodyReader {
 public:
  ConnectionBody(net::Stream& stream, Input& input, MessageParser& parser, const ServerLimits& limits)
      : stream_(stream), input_(input), parser_(parser), limits_(limits), send_continue_(parser.expects_continue()) {}

  net::Task<Result<std::size_t>> read(MutableBytes out) override {
    auto n = co_await read_decoded(out);
    broken_ = !n;
    co_return n;
  }
  std::optional<std::uint64_t> length() const override { return parser_.content_length(); }
  /// The peer still waits for "100 Continue" and will not send the body without it.
  [[nodiscard]] bool awaits_continue() const { return send_continue_; }
  /// Reading failed: the start of the next request is unknown.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  net::Task<Result<std::size_t>> read_decoded(MutableBytes out) {
    while (!parser_.done() && !out.empty()) {
      // If a part of the body has arrived, the peer does not wait.
      if (std::exchange(send_continue_, false) && input_.bytes().empty()) {
        ECE465_CO_TRY(co_await stream_.write(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"), limits_.body_idle_timeout));
      }
      ECE465_CO_ASSIGN(const auto step, parser_.put_body(input_.bytes(), out));
      input_.consume(step.consumed);
      total_ += step.produced;
      if (total_ > limits_.max_body_bytes) {
        co_return fail(Errc::too_large, "the body has more than {} bytes", limits_.max_body_bytes);
      }
      if (step.produced > 0) co_return step.produced;
      if (step.done) break;
      ECE465_CO_ASSIGN(const std::size_t n, co_await input_.more(limits_.body_idle_timeout));
      if (n == 0) co_return fail(Errc::corrupt, "{} closed the connection in the middle of a body", stream_.peer());
    }
    co_return std::size_t{0};
  }

  net::Stream& stream_;
  Input& input_;
  MessageParser& parser_;
  const ServerLimits& limits_;
  bool send_continue_;
  bool broken_ = false;
  std::uint64_t total_ = 0;
};

/// The response to a request that could not be read.
Response refusal(const Error& error) {
  switch (error.code) {
    case Errc::timeout: return Response::detail(408, "the request took too long");
    case Errc::too_large: return Response::detail(431, error.text());
    default: return Response::detail(400, error.text());
  }
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::io_context& io, asio::thread_pool& pool, Router table, ServerLimits l)
      : context(io),
        files(pool),
        router(std::move(table)),
        limits(l),
        gate(io.get_executor()),
        requests(io.get_executor()) {}

  asio::io_context& context;
  asio::thread_pool& files;
  Router router;
  ServerLimits limits;
  net::Gate gate;      // connections
  net::Gate requests;  // requests being answered
  std::optional<net::Listener> listener;
  std::list<net::Stream*> open;  // to close those that do not end by themselves
  Server* owner = nullptr;

  net::Task<void> session(net::Stream stream);
  net::Task<bool> exchange(net::Stream& stream, Input& input);
  net::Task<Response> answer(Request& request, std::string_view raw_path, ConnectionBody& body);
  net::Task<std::optional<Response>> discard(ConnectionBody& body) const;
  net::Task<Result<void>> send(net::Stream& stream, Response& response, bool head_only, bool keep);
  net::Task<Result<void>> send_file(net::Stream& stream, const FileBody& file);
  void report(const Request& request, int status, Clock::time_point since) const {
    if (owner != nullptr && owner->on_response) owner->on_response(request, status, Clock::now() - since);
  }
};

net::Task<void> Server::Impl::session(net::Stream stream) {
  const auto self = shared_from_this();
  const auto place = open.insert(open.end(), &stream);
  {
    Input input(stream);
    bool keep = true;
    while (keep && gate.open()) keep = co_await exchange(stream, input);
  }
  open.erase(place);
}

/// One request and its response. Returns whether the connection can be used again.
net::Task<bool> Server::Impl::exchange(net::Stream& stream, Input& input) {
  // Body limits are checked here and in ConnectionBody: the parser would report them as an invalid header.
  MessageParser parser(Side::server, limits.max_header_bytes, ~std::uint64_t{0});
  std::optional<Clock::time_point> head_end;  // set with the first byte
  std::optional<Response> refused;
  while (!parser.head_done()) {
    if (!input.bytes().empty()) {
      if (!head_end) head_end = Clock::now() + limits.header_timeout;
      const auto used = parser.put_head(input.bytes());
      if (!used) {
        refused = refusal(used.error());
        break;
      }
      input.consume(*used);
      if (parser.head_done()) break;
      if (input.bytes().size() >= limits.max_header_bytes) {
        refused = Response::detail(431, "the request header is too long");
        break;
      }
    }
    const auto left =
        head_end ? std::max(net::Duration::zero(), net::Duration(*head_end - Clock::now())) : limits.idle_timeout;
    const auto n = co_await input.more(left);
    if (n && *n > 0) continue;
    // Without any data there is no request to answer; an incomplete head gets a response.
    if (!head_end || n || n.error().code != Errc::timeout) co_return false;
    refused = refusal(n.error());
    break;
  }
  const auto since = Clock::now();
  const auto busy = requests.enter();
  if (refused) {
    (void)co_await send(stream, *refused, false, false);
    report({}, refused->status, since);
    co_return false;
  }

  Request request;
  request.method = parser.method();
  request.headers = parser.headers();
  request.peer = stream.peer();
  const std::string target = origin_form(parser.target());
  const auto question = std::min(target.find('?'), target.size());
  const std::string raw_path = target.substr(0, question);
  request.query = parse_query(std::string_view(target).substr(std::min(question + 1, target.size())));
  ConnectionBody body(stream, input, parser, limits);
  request.body = &body;

  Response response;
  const auto path = percent_decode(raw_path);
  if (!path || !path->starts_with('/')) {
    response = Response::detail(400, "the path is malformed");
  } else if (const auto length = parser.content_length(); length && *length > limits.max_body_bytes) {
    response = Response::detail(413, fmt::format("the body has more than {} bytes", limits.max_body_bytes));
  } else {
    request.path = *path;
    response = co_await answer(request, raw_path, body);
  }

  // An unread body precedes the next request. The response is sent first, because the peer may wait for it before it
  // sends the rest.
  const bool unread = !parser.done();
  const bool drainable = !body.awaits_continue() && parser.content_length().value_or(0) <= limits.max_drain_bytes;
  bool keep = parser.keep_alive() && gate.open() && !std::holds_alternative<StreamBody>(response.body) &&
              response.status != 413 && !body.broken() && (!unread || drainable);
  const auto sent = co_await send(stream, response, request.method == "HEAD", keep);
  report(request, response.status, since);
  if (sent && !keep) {
    // Closing with unread data would reset the connection before the response arrives.
    stream.end_writing();
    Buffer discarded(kReadSize);
    const auto end = Clock::now() + limits.linger_timeout;
    for (std::uint64_t drained = 0; drained < limits.max_linger_bytes && Clock::now() < end;) {
      const auto n = co_await stream.read_some(discarded.span(), std::chrono::seconds(1));
      if (!n || *n == 0) break;
      drained += *n;
    }
  }
  if (sent && keep && unread) keep = !co_await discard(body);
  co_return (sent.has_value() && keep);
}

/// Reads and discards a body that the request does not need. Returns a response if that fails.
net::Task<std::optional<Response>> Server::Impl::discard(ConnectionBody& body) const {
  const auto too_large = [this] {
    return Response::detail(
        413, fmt::format("this request takes no body, and ignores one of at most {} bytes", limits.max_drain_bytes));
  };
  if (body.awaits_continue()) co_return std::nullopt;
  if (body.length().value_or(0) > limits.max_drain_bytes) co_return too_large();
  Buffer discarded(kReadSize);
  for (std::uint64_t drained = 0;;) {
    const auto n = co_await body.read(discarded.span());
    if (!n) co_return refusal(n.error());
    if (*n == 0) co_return std::nullopt;
    drained += *n;
    if (drained > limits.max_drain_bytes) co_return too_large();
  }
}

net::Task<Response> Server::Impl::answer(Request& request, std::string_view raw_path, ConnectionBody& body) {
  const std::string_view method = request.method;
  auto match = router.find(method, raw_path);
  if (method == "OPTIONS" && match.path_known) {
    Response response(204);
    response.headers.add("Allow", match.allow + ", OPTIONS");
    response.headers.add("Access-Control-Allow-Methods", match.allow + ", OPTIONS");
    const auto wanted = request.headers.get("Access-Control-Request-Headers");
    if (wanted) response.headers.add("Access-Control-Allow-Headers", *wanted);
    co_return response;
  }
  if (match.handler == nullptr && match.path_known) {
    Response response = Response::detail(405, "Method Not Allowed");
    response.headers.add("Allow", match.allow + ", OPTIONS");
    co_return response;
  }
  if (match.handler == nullptr) co_return Response::detail(404, "Not Found");
  if (match.body == BodyUse::none) {
    auto refused = co_await discard(body);
    if (refused) co_return std::move(*refused);
  }
  request.captured = std::move(match.captured);
  std::optional<Response> response;
  try {
    response = co_await (*match.handler)(request);
  } catch (const std::exception& e) {  // of a library; our own code does not throw
    if (owner != nullptr && owner->on_error) {
      owner->on_error(Error{Errc::internal, e.what(), fmt::format("{} {}", request.method, request.path)});
    }
  }
  if (!response) response = Response::detail(500, "Internal Server Error");
  co_return std::move(*response);
}

net::Task<Result<void>> Server::Impl::send(net::Stream& stream, Response& response, bool head_only, bool keep) {
  Headers& headers = response.headers;
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Connection", keep ? "keep-alive" : "close");
  headers.set("X-Content-Type-Options", "nosniff");
  // Most responses show the current state; handlers of others set Cache-Control.
  if (!headers.get("Cache-Control")) headers.add("Cache-Control", "no-store");
  const bool bodiless = response.status == 204 || response.status == 304;
  const auto length = [&]() -> std::optional<std::uint64_t> {
    if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
    if (const auto* file = std::get_if<FileBody>(&response.body)) return file->length;
    if (const auto* bytes = std::get_if<StaticBody>(&response.body)) return bytes->bytes.size();
    return std::nullopt;
  }();
  if (length && !bodiless) headers.set("Content-Length", std::to_string(*length));
  const std::string head = response_head(response.status, headers);
  std::array<Bytes, 2> buffers{as_bytes(head), Bytes{}};
  const bool with_body = !head_only && !bodiless;
  if (const auto* text = std::get_if<std::string>(&response.body); text && with_body) buffers[1] = as_bytes(*text);
  if (const auto* bytes = std::get_if<StaticBody>(&response.body); bytes && with_body) buffers[1] = bytes->bytes;
  ECE465_CO_TRY(co_await stream.write(buffers, limits.body_idle_timeout));
  if (!with_body) co_return Result<void>{};
  if (const auto* file = std::get_if<FileBody>(&response.body)) co_return co_await send_file(stream, *file);
  if (const auto* endless = std::get_if<StreamBody>(&response.body)) co_return co_await (*endless)(stream);
  co_return Result<void>{};
}

net::Task<Result<void>> Server::Impl::send_file(net::Stream& stream, const FileBody& file) {
  Buffer piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(kFileReadSize, std::max<std::uint64_t>(1, file.length))));
  for (std::uint64_t done = 0; done < file.length;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.length - done));
    const MutableBytes out = piece.span().first(want);
    // On the pool, so that the disk does not block other connections.
    ECE465_CO_TRY(co_await net::offload(
        files, [&]() -> Result<void> { return file.source->read_exactly(file.offset + done, out); }));
    ECE465_CO_TRY(co_await stream.write(out, limits.body_idle_timeout));
    done += want;
  }
  co_return Result<void>{};
}

Server::Server(asio::io_context& context, asio::thread_pool& files, Router router, ServerLimits limits)
    : impl_(std::make_shared<Impl>(context, files, std::move(router), limits)) {
  impl_->owner = this;
}

Server::~Server() {
  impl_->owner = nullptr;
  if (impl_->listener) impl_->listener->stop();
}

namespace {

/// `impl` keeps the rest alive.
net::Task<void> accept_all(std::shared_ptr<void> /*impl*/, net::Listener* listener, net::Gate* gate,
                           std::function<net::Task<void>(net::Stream)> session, std::size_t max_sessions,
                           std::function<void(const Error&)> on_error) {
  co_await listener->accept(std::move(session), *gate, max_sessions, std::move(on_error));
}

}  // namespace

Result<net::Address> Server::listen(const net::Address& address) {
  ECE465_ASSIGN(impl_->listener, net::Listener::open(impl_->context, address));
  const auto impl = impl_;
  net::spawn(impl_->context,
             accept_all(
                 impl, &*impl->listener, &impl->gate,
                 [impl](net::Stream stream) { return impl->session(std::move(stream)); }, impl->limits.max_connections,
                 [impl](const Error& error) {
                   if (impl->owner != nullptr && impl->owner->on_error) impl->owner->on_error(error);
                 }));
  return impl_->listener->address();
}

net::Task<void> Server::stop(net::Duration limit) {
  const auto impl = impl_;
  if (impl->listener) impl->listener->stop();
  impl->gate.close();
  co_await impl->requests.drained(limit);
  for (auto* stream : impl->open) stream->close();
  co_await impl->gate.drained(std::chrono::seconds(1));
}

std::size_t Server::connections() const { return impl_->gate.inside(); }

}  // namespace ece465::http
