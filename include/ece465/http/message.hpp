#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ece465/base/byte_source.hpp"
#include "ece465/net/stream.hpp"

namespace ece465::http {

/// Header fields in order. Names compare without case; CR, LF and NUL never reach the wire.
class Headers {
 public:
  /// Adds a field; what could break out of its line is replaced by spaces.
  void add(std::string_view name, std::string_view value);
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  /// The first field of that name, or nothing.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A body as it arrives.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Decoded bytes (chunks joined); 0 at the end. Fails with `timeout`, `corrupt` (cut off), `too_large`.
  [[nodiscard]] virtual net::Task<Result<std::size_t>> read(MutableBytes out) = 0;
  /// As announced; nothing for chunked bodies.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
};

struct Request {
  std::string method;  ///< "GET"
  std::string path;    ///< percent-decoded, without the query; always begins with '/'
  std::multimap<std::string, std::string> query;
  Headers headers;
  std::string peer;
  /// What `{name}` stood for in the route, decoded. A decoded '/' inside is possible: check names.
  std::map<std::string, std::string, std::less<>> captured;
  BodyReader* body = nullptr;  ///< never null inside a handler

  /// The whole body as text, at most `max_bytes`, else `too_large`.
  [[nodiscard]] net::Task<Result<std::string>> text(std::size_t max_bytes);
};

/// Writes an endless body piece by piece (server-sent events). Fails once the peer is gone.
using StreamBody = std::function<net::Task<Result<void>>(net::Stream&)>;

/// Part of a file. Shared: a download may outlive the file's deletion.
struct FileBody {
  std::shared_ptr<const ByteSource> source;
  std::uint64_t offset = 0, length = 0;
};

/// Bytes that live as long as the program (embedded files).
struct StaticBody {
  Bytes bytes;
};

struct Response {
  int status = 200;
  Headers headers;
  std::variant<std::string, FileBody, StaticBody, StreamBody> body;

  Response() = default;
  explicit Response(int code) : status(code) {}
  [[nodiscard]] static Response text(int status, std::string body, std::string_view type = "text/plain; charset=utf-8");
  [[nodiscard]] static Response json(int status, std::string body);
  /// `{"detail": ...}`, the API's one form of error.
  [[nodiscard]] static Response detail(int status, std::string_view words);
};

/// Path and query of a request's target. One that names scheme and host, as it is sent to proxies, loses them: every
/// server must take it (RFC 9112, section 3.2.2), and this one answers to any name.
[[nodiscard]] std::string origin_form(std::string_view target);

/// The standard reason phrase; "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status);
/// Decodes %XX (and nothing else); nothing when an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
[[nodiscard]] std::string percent_encode(std::string_view text);
/// `a=1&b=two+words`, decoded: '+' is a space. Pairs with a malformed escape or an empty name are left out.
[[nodiscard]] std::multimap<std::string, std::string> parse_query(std::string_view text);

}  // namespace ece465::http
