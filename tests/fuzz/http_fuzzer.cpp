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

// What the http room reads from strangers: messages, multipart forms, ranges, paths, queries, addresses. The first byte
// of the input chooses which; beside crashes, each part looks for a broken promise. Most of all: where a network
// cuts the bytes must not change what they say, or two readers of one connection could be made to disagree.

using namespace ece465;
using namespace ece465::http;

namespace {

void promise(bool kept) {
  if (!kept) std::abort();
}

/// Takes everything up to the first line end from the front.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// What a parser made of a message.
struct Message {
  bool failed = false, head_done = false, done = false, keep_alive = false, expects_continue = false;
  std::string method, target, body;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::uint64_t> length;
  std::size_t consumed = 0;
  bool operator==(const Message&) const = default;
};

/// Reads one message that arrives `piece` bytes at a time, as server and client do. A head that is bad may be found
/// to be so before or after its end is seen: either way there is no message.
Message read_message(Side side, std::string_view text, std::size_t piece) {
  constexpr std::size_t kMaxHeader = std::size_t{64} << 10;
  MessageParser parser(side, kMaxHeader, ~std::uint64_t{0});
  Message message;
  std::string held;  // its own memory, so that ASan sees a view kept too long
  const auto more = [&] {
    const std::string_view next = text.substr(0, piece);
    held += next;
    text.remove_prefix(next.size());
    return !next.empty();
  };
  const auto consume = [&](std::size_t n) {
    promise(n <= held.size());
    held = held.substr(n);
    message.consumed += n;
  };
  while (!parser.head_done()) {
    if (!more()) return {};
    const auto used = parser.put_head(as_bytes(held));
    if (!used) {
      promise(!used.error().text().empty());
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
  if (message.failed) {  // how far it came depends on the pieces, and means nothing
    message.consumed = 0;
    message.body.clear();
  }
  return message;
}

void read_messages(Side side, std::string_view text) {
  const Message message = read_message(side, text, text.size() + 1);
  for (const std::size_t piece : {1U, 2U, 7U}) promise(read_message(side, text, piece) == message);
  if (!message.head_done) return;
  // Written by us, the head must say the same again; in HTTP/1.1, where a Host is wanted that was not before.
  Headers headers;
  for (const auto& [name, value] : message.fields) headers.add(name, value);
  if (side == Side::client && message.status < 100) return;
  if (side == Side::server && !headers.get("Host")) headers.add("Host", "x");
  const std::string head = side == Side::server ? request_head(message.method, message.target, headers)
                                                : response_head(message.status, headers);
  const Message again = read_message(side, head, head.size());
  promise(again.head_done && again.method == message.method && again.target == message.target);
  promise(again.status == message.status && again.fields == headers.all() && again.length == message.length);
}

/// A form as events, data of a part joined.
std::vector<std::string> read_form(std::string_view boundary, std::string_view body, std::size_t piece) {
  MultipartParser parser(boundary, 200);
  std::vector<std::string> events;
  bool in_part = false;
  while (!body.empty()) {
    const std::string now(body.substr(0, piece));  // its own memory, so that ASan sees a view kept too long
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
        promise(!in_part);
        events.emplace_back("finished");
        return events;
      }
      if (const auto* begin = std::get_if<MultipartParser::PartBegin>(&*event)) {
        promise(!std::exchange(in_part, true));
        events.push_back(begin->name + '=' + begin->filename.value_or("none"));
        events.emplace_back();
      } else if (const auto* data = std::get_if<MultipartParser::PartData>(&*event)) {
        promise(in_part && !data->bytes.empty());
        events.back() += as_text(data->bytes);
      } else {
        promise(std::exchange(in_part, false));
        // What is a boundary is no data.
        promise(("\r\n" + events.back()).find("\r\n--" + std::string(boundary)) == std::string::npos);
      }
    }
  }
  return events;
}

void read_forms(std::string_view text) {
  const auto boundary = multipart_boundary(take_line(text));
  if (!boundary) return;
  promise(!boundary->empty() && boundary->size() <= 70);
  const auto events = read_form(*boundary, text, text.size() + 1);
  for (const std::size_t piece : {1U, 2U, 5U}) promise(read_form(*boundary, text, piece) == events);
}

void read_range(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    const auto [kind, range] = parse_range(text, size);
    if (kind != RangeKind::part) continue;
    promise(range.length > 0 && range.offset < size && range.length <= size - range.offset);
  }
}

void read_etags(std::string_view text) {
  const std::string_view etag = take_line(text);
  const bool is_one = !etag.empty() && etag.find_first_of(", \t") == std::string_view::npos;
  promise(!is_one || etag_matches(etag, etag));
  promise(!is_one || etag_matches("\"other\", W/" + std::string(etag), etag) || etag.starts_with("W/"));
  (void)etag_matches(text, etag);
  // Whatever else is said, gzip by its own name comes first.
  promise(accepts_gzip("gzip, " + std::string(text)) && !accepts_gzip("gzip;q=0," + std::string(text)));
  (void)accepts_gzip(text);
  const std::string name = attachment(text);
  promise(name.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  const std::string mark = "filename*=UTF-8''";
  promise(percent_decode(std::string_view(name).substr(name.rfind(mark) + mark.size())) == text);
}

void read_escapes(std::string_view text) {
  const std::string origin = origin_form(text);
  promise(origin == text || (origin.starts_with('/') && origin.size() <= text.size()));
  promise(origin_form(origin) == origin);
  promise(percent_decode(percent_encode(text)) == text);
  if (const auto decoded = percent_decode(text)) promise(percent_decode(percent_encode(*decoded)) == decoded);
  const auto query = parse_query(text);
  std::string written;
  for (const auto& [key, value] : query) {
    promise(!key.empty());
    written += (written.empty() ? "" : "&") + percent_encode(key) + '=' + percent_encode(value);
  }
  promise(parse_query(written) == query);
}

void read_address(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return promise(!url.error().text().empty());
  const auto again = parse_url("http://" + url->address.to_string() + url->base);
  promise(again.has_value() && again->address == url->address && again->base == url->base);
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
  promise(match.handler == nullptr || match.path_known);
  promise(match.path_known || (match.allow.empty() && match.captured.empty()));
  promise(match.handler != nullptr || match.path_known == !match.allow.empty());
  // What was captured, encoded, is captured again.
  const auto name = match.captured.find("name");
  if (name == match.captured.end() || match.captured.size() > 1) return;
  const auto again = router().find(method, "/files/" + percent_encode(name->second));
  promise(again.handler == match.handler && again.captured == match.captured);
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
