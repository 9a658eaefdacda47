#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "codec.hpp"
#include "ece465/http/assets.hpp"
#include "ece465/http/client.hpp"
#include "ece465/http/multipart.hpp"
#include "ece465/http/range.hpp"
#include "ece465/http/server.hpp"

// Everything that the http module parses: messages, multipart forms, ranges, paths, queries, addresses. The first byte
// of the input chooses which; besides crashes, each part checks properties that must hold. The most important one: the
// result must not depend on how the network splits the bytes, or two readers of one connection could disagree.

using namespace ece465;
using namespace ece465::http;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Removes and returns the first line.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// The result of parsing a message.
struct Message {
  bool failed = false, head_done = false, done = false, keep_alive = false, expects_continue = false;
  std::string method, target, body;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::uint64_t> length;
  std::size_t consumed = 0;
  bool operator==(const Message&) const = default;
};

/// Parses one message that arrives `piece` bytes at a time, like server and client do. An invalid head may be detected
/// before or after its end: either way there is no message.
Message read_message(Side side, std::string_view text, std::size_t piece) {
  constexpr std::size_t kMaxHeader = std::size_t{64} << 10;
  MessageParser parser(side, kMaxHeader, ~std::uint64_t{0});
  Message message;
  std::string held;  // a copy, so that ASan detects a dangling view
  const auto more = [&] {
    const std::string_view next = text.substr(0, piece);
    held += next;
    text.remove_prefix(next.size());
    return !next.empty();
  };
  const auto consume = [&](std::size_t n) {
    require(n <= held.size());
    held = held.substr(n);
    message.consumed += n;
  };
  while (!parser.head_done()) {
    if (!more()) return {};
    const auto used = parser.put_head(as_bytes(held));
    if (!used) {
      require(!used.error().text().empty());
      return {};
    }
    consume(*used);
  }
  message.head_done = true;
  message.method = parser.method();
  message.target = parser.target();
  message.status = parser.status();
  message.fields = parser.headers().all();
  message.length = parser.content_length();
  message.keep_alive = parser.keep_alive();
  message.expects_continue = parser.expects_continue();
  std::vector<std::byte> out(7);
  while (!parser.done()) {
    const auto step = parser.put_body(as_bytes(held), out);
    if (!step) {
      message.failed = true;
      break;
    }
    consume(step->consumed);
    message.body += as_text(Bytes(out).first(step->produced));
    if (step->produced > 0 || step->done) continue;
    if (!more()) {
      message.failed = !parser.put_end();
      break;
    }
  }
  message.done = parser.done();
  if (message.failed) {  // the rest depends on the pieces
    message.consumed = 0;
    message.body.clear();
  }
  return message;
}

void read_messages(Side side, std::string_view text) {
  const Message message = read_message(side, text, text.size() + 1);
  for (const std::size_t piece : {1U, 2U, 7U}) require(read_message(side, text, piece) == message);
  if (!message.head_done) return;
  // Encoded again, the head must give the same message; in HTTP/1.1, which requires a Host.
  Headers headers;
  for (const auto& [name, value] : message.fields) headers.add(name, value);
  if (side == Side::client && message.status < 100) return;
  if (side == Side::server && !headers.get("Host")) headers.add("Host", "x");
  const std::string head = side == Side::server ? request_head(message.method, message.target, headers)
                                                : response_head(message.status, headers);
  const Message again = read_message(side, head, head.size());
  require(again.head_done && again.method == message.method && again.target == message.target);
  require(again.status == message.status && again.fields == headers.all() && again.length == message.length);
}

/// The events of a form, with the data of each part joined.
std::vector<std::string> read_form(std::string_view boundary, std::string_view body, std::size_t piece) {
  MultipartParser parser(boundary, 200);
  std::vector<std::string> events;
  bool in_part = false;
  while (!body.empty()) {
    const std::string now(body.substr(0, piece));  // a copy, so that ASan detects a dangling view
    body.remove_prefix(now.size());
    parser.feed(as_bytes(now));
    while (true) {
      const auto event = parser.next();
      if (!event) {
        events.push_back("error: " + event.error().text());
        return events;
      }
      if (std::holds_alternative<MultipartParser::NeedMore>(*event)) break;
      if (std::holds_alternative<MultipartParser::Finished>(*event)) {
        require(!in_part);
        events.emplace_back("finished");
        return events;
      }
      if (const auto* begin = std::get_if<MultipartParser::PartBegin>(&*event)) {
        require(!std::exchange(in_part, true));
        events.push_back(begin->name + '=' + begin->filename.value_or("none"));
        events.emplace_back();
      } else if (const auto* data = std::get_if<MultipartParser::PartData>(&*event)) {
        require(in_part && !data->bytes.empty());
        events.back() += as_text(data->bytes);
      } else {
        require(std::exchange(in_part, false));
        // Data must not contain a boundary.
        require(("\r\n" + events.back()).find("\r\n--" + std::string(boundary)) == std::string::npos);
      }
    }
  }
  return events;
}

void read_forms(std::string_view text) {
  const auto boundary = multipart_boundary(take_line(text));
  if (!boundary) return;
  require(!boundary->empty() && boundary->size() <= 70);
  const auto events = read_form(*boundary, text, text.size() + 1);
  for (const std::size_t piece : {1U, 2U, 5U}) require(read_form(*boundary, text, piece) == events);
}

void read_range(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    const auto [kind, range] = parse_range(text, size);
    if (kind != RangeKind::part) continue;
    require(range.length > 0 && range.offset < size && range.length <= size - range.offset);
  }
}

void read_etags(std::string_view text) {
  const std::string_view etag = take_line(text);
  const bool is_one = !etag.empty() && etag.find_first_of(", \t") == std::string_view::npos;
  require(!is_one || etag_matches(etag, etag));
  require(!is_one || etag_matches("\"other\", W/" + std::string(etag), etag) || etag.starts_with("W/"));
  (void)etag_matches(text, etag);
  // An entry for gzip takes precedence over anything else.
  require(accepts_gzip("gzip, " + std::string(text)) && !accepts_gzip("gzip;q=0," + std::string(text)));
  (void)accepts_gzip(text);
  const std::string name = attachment(text);
  require(name.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  const std::string mark = "filename*=UTF-8''";
  require(percent_decode(std::string_view(name).substr(name.rfind(mark) + mark.size())) == text);
}

void read_escapes(std::string_view text) {
  const std::string origin = origin_form(text);
  require(origin == text || (origin.starts_with('/') && origin.size() <= text.size()));
  require(origin_form(origin) == origin);
  require(percent_decode(percent_encode(text)) == text);
  if (const auto decoded = percent_decode(text)) require(percent_decode(percent_encode(*decoded)) == decoded);
  const auto query = parse_query(text);
  std::string written;
  for (const auto& [key, value] : query) {
    require(!key.empty());
    written += (written.empty() ? "" : "&") + percent_encode(key) + '=' + percent_encode(value);
  }
  require(parse_query(written) == query);
}

void read_address(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return require(!url.error().text().empty());
  const auto again = parse_url("http://" + url->address.to_string() + url->base);
  require(again.has_value() && again->address == url->address && again->base == url->base);
}

const Router& router() {
  static const Router kRouter = [] {
    Router table;
    for (const auto* path : {"/", "/files", "/files/{name}", "/files/{name}/parts/{part}", "/ui/{path*}"}) {
      table.add("GET", path, nullptr);
    }
    table.add("DELETE", "/files/{name}", nullptr);
    table.add("POST", "/upload", nullptr);
    return table;
  }();
  return kRouter;
}

void find_route(std::string_view text) {
  const std::string_view method = take_line(text);
  const auto match = router().find(method, text);
  require(match.handler == nullptr || match.path_known);
  require(match.path_known || (match.allow.empty() && match.captured.empty()));
  require(match.handler != nullptr || match.path_known == !match.allow.empty());
  // A captured value, encoded again, must be captured again.
  const auto name = match.captured.find("name");
  if (name == match.captured.end() || match.captured.size() > 1) return;
  const auto again = router().find(method, "/files/" + percent_encode(name->second));
  require(again.handler == match.handler && again.captured == match.captured);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text(std::as_bytes(std::span(data + 1, size - 1)));
  switch (data[0] % 8) {
    case 0: read_messages(Side::server, text); break;
    case 1: read_messages(Side::client, text); break;
    case 2: read_forms(text); break;
    case 3: read_range(text); break;
    case 4: read_etags(text); break;
    case 5: read_escapes(text); break;
    case 6: read_address(text); break;
    case 7: find_route(text); break;
  }
  return 0;
}
