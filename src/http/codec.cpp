// codec.hpp includes <utility> first: Boost 1.74 uses std::exchange without including it.
#include "codec.hpp"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace ece465::http {

namespace beast = boost::beast;
using beast::http::error;

namespace {

Errc kind_of(const beast::error_code& code) {
  return code == error::header_limit || code == error::body_limit || code == error::buffer_overflow ? Errc::too_large
                                                                                                    : Errc::corrupt;
}

/// The common interface of Beast's request and response parsers.
class AnyParser {
 public:
  virtual ~AnyParser() = default;
  virtual std::size_t put(Bytes in, beast::error_code& code) = 0;
  virtual void put_eof(beast::error_code& code) = 0;
  virtual beast::http::buffer_body::value_type& body() = 0;
  virtual const beast::http::fields& fields() const = 0;
  virtual bool head_done() const = 0;
  virtual bool done() const = 0;
  virtual std::optional<std::uint64_t> content_length() const = 0;
  virtual bool keep_alive() const = 0;
  virtual unsigned version() const = 0;  ///< 11: HTTP/1.1
  virtual std::string method() const = 0;
  virtual std::string target() const = 0;
  virtual int status() const = 0;
};

template <bool is_request>
class Parser final : public AnyParser {
 public:
  Parser(std::size_t max_header, std::uint64_t max_body, bool head_only) {
    parser_.header_limit(static_cast<std::uint32_t>(max_header));
    parser_.body_limit(max_body);
    parser_.skip(head_only);
  }
  std::size_t put(Bytes in, beast::error_code& code) override {
    return parser_.put(boost::asio::const_buffer(in.data(), in.size()), code);
  }
  void put_eof(beast::error_code& code) override { parser_.put_eof(code); }
  beast::http::buffer_body::value_type& body() override { return parser_.get().body(); }
  const beast::http::fields& fields() const override { return parser_.get().base(); }
  bool head_done() const override { return parser_.is_header_done(); }
  bool done() const override { return parser_.is_done(); }
  std::optional<std::uint64_t> content_length() const override {
    const auto length = parser_.content_length();
    return length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  }
  bool keep_alive() const override { return parser_.keep_alive(); }
  unsigned version() const override { return parser_.get().version(); }
  std::string method() const override {
    if constexpr (is_request) return std::string(parser_.get().method_string());
    return {};
  }
  std::string target() const override {
    if constexpr (is_request) return std::string(parser_.get().target());
    return {};
  }
  int status() const override {
    if constexpr (!is_request) return static_cast<int>(parser_.get().result_int());
    return 0;
  }

 private:
  beast::http::parser<is_request, beast::http::buffer_body> parser_;
};

/// Refuses transfer codings that Beast ignores but a proxy in front of us may not: what one of them takes for a body,
/// the other would take for the next request (RFC 9112, sections 6.1 and 11.2).
Result<void> check_framing(const AnyParser& parser) {
  const auto [first, last] = parser.fields().equal_range(beast::http::field::transfer_encoding);
  if (first == last) return {};
  if (parser.version() < 11) return fail(Errc::corrupt, "invalid HTTP header: a transfer coding in HTTP/1.0");
  if (std::next(first) != last || !beast::iequals(first->value(), "chunked")) {
    return fail(Errc::corrupt, "invalid HTTP header: a transfer coding other than chunked");
  }
  return {};
}

/// Requires exactly one Host, or two servers in a row may use different ones (RFC 9112, section 3.2).
Result<void> check_host(const AnyParser& parser) {
  const auto hosts = parser.fields().count(beast::http::field::host);
  if (hosts > 1) return fail(Errc::corrupt, "invalid HTTP header: more than one Host");
  if (hosts == 0 && parser.version() >= 11) return fail(Errc::corrupt, "invalid HTTP header: Host is missing");
  return {};
}

void add_fields(std::string& text, const Headers& headers) {
  for (const auto& [name, value] : headers.all()) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text.append("\r\n");
}

}  // namespace

struct MessageParser::Impl {
  Side side = Side::server;
  std::unique_ptr<AnyParser> parser;
};

MessageParser::MessageParser(Side side, std::size_t max_header_bytes, std::uint64_t max_body_bytes, bool head_only)
    : impl_(std::make_unique<Impl>()) {
  impl_->side = side;
  if (side == Side::server) {
    impl_->parser = std::make_unique<Parser<true>>(max_header_bytes, max_body_bytes, head_only);
  } else {
    impl_->parser = std::make_unique<Parser<false>>(max_header_bytes, max_body_bytes, head_only);
  }
}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;

Result<std::size_t> MessageParser::put_head(Bytes in) {
  beast::error_code code;
  const std::size_t n = impl_->parser->put(in, code);
  // need_buffer: the head is complete, and Beast wants a buffer for the body.
  if (code && code != error::need_more && code != error::need_buffer) {
    return fail(kind_of(code), "invalid HTTP header: {}", code.message());
  }
  if (!head_done()) return n;
  ECE465_TRY(check_framing(*impl_->parser));
  if (impl_->side == Side::server) ECE465_TRY(check_host(*impl_->parser));
  return n;
}

bool MessageParser::head_done() const { return impl_->parser->head_done(); }
bool MessageParser::done() const { return impl_->parser->done(); }

Result<MessageParser::Step> MessageParser::put_body(Bytes in, MutableBytes out) {
  auto& body = impl_->parser->body();
  body.data = out.data();
  body.size = out.size();
  body.more = true;
  Step step;
  // Each call parses one element: a chunk's header, or some of its bytes.
  while (!done() && body.size > 0) {
    beast::error_code code;
    const std::size_t n = impl_->parser->put(in.subspan(step.consumed), code);
    step.consumed += n;
    if (code == error::need_buffer || code == error::need_more) break;
    if (code) return fail(kind_of(code), "invalid HTTP body: {}", code.message());
    if (n == 0) break;
  }
  step.produced = out.size() - body.size;
  step.done = done();
  return step;
}

Result<void> MessageParser::put_end() {
  beast::error_code code;
  if (!done()) impl_->parser->put_eof(code);
  if (code) return fail(Errc::corrupt, "the connection ended in the middle of a message");
  return {};
}

std::string MessageParser::method() const { return impl_->parser->method(); }
std::string MessageParser::target() const { return impl_->parser->target(); }
int MessageParser::status() const { return impl_->parser->status(); }

Headers MessageParser::headers() const {
  Headers headers;
  for (const auto& field : impl_->parser->fields()) {
    headers.add(std::string_view(field.name_string().data(), field.name_string().size()),
                std::string_view(field.value().data(), field.value().size()));
  }
  return headers;
}

std::optional<std::uint64_t> MessageParser::content_length() const { return impl_->parser->content_length(); }
bool MessageParser::keep_alive() const { return impl_->parser->keep_alive(); }

bool MessageParser::expects_continue() const {
  return beast::http::token_list(impl_->parser->fields()[beast::http::field::expect]).exists("100-continue");
}

std::string response_head(int status, const Headers& headers) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  add_fields(text, headers);
  return text;
}

std::string request_head(std::string_view method, std::string_view target, const Headers& headers) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  add_fields(text, headers);
  return text;
}

}  // namespace ece465::http
