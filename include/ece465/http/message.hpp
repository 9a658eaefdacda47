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

/// Header fields in order. Names are case-insensitive.
class Headers {
 public:
  /// Adds a field. CR, LF and NUL, which could end its line, are replaced by spaces.
  void add(std::string_view name, std::string_view value);
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string_view value);
  /// The first field of that name, if any.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Reads a body while it arrives.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// Reads decoded bytes (without chunk headers); 0 at the end. Fails with `timeout`, `corrupt` (truncated) or
  /// `too_large`.
  [[nodiscard]] virtual net::Task<Result<std::size_t>> read(MutableBytes out) = 0;
  /// The Content-Length; empty for chunked bodies.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
};

struct Request {
  std::string method;  ///< "GET"
  std::string path;    ///< percent-decoded, without the query; always starts with '/'
  std::multimap<std::string, std::string> query;
  Headers headers;
  std::string peer;
  /// The values of the route's `{name}` parameters, decoded. They may contain '/': check names.
  std::map<std::string, std::string, std::less<>> captured;
  BodyReader* body = nullptr;  ///< never null inside a handler

  /// Reads the whole body as text. Fails with `too_large` if it exceeds `max_bytes`.
  [[nodiscard]] net::Task<Result<std::string>> text(std::size_t max_bytes);
};

/// Writes a body of unknown length (server-sent events). Fails when the peer disconnects.
using StreamBody = std::function<net::Task<Result<void>>(net::Stream&)>;

/// A part of a file. Shared, because a download may outlive the file's deletion.
struct FileBody {
  std::shared_ptr<const ByteSource> source;
  std::uint64_t offset = 0, length = 0;
};

/// Bytes of static lifetime (embedded files).
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
  /// `{"detail": message}`, the API's form of errors.
  [[nodiscard]] static Response detail(int status, std::string_view message);
};

/// Path and query of a request target. Removes scheme and host, as in requests to proxies, which every server must
/// accept (RFC 9112, section 3.2.2); this one answers to any host name.
[[nodiscard]] std::string origin_form(std::string_view target);

/// The standard reason phrase; "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status);
/// Decodes %XX, and nothing else; empty if an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Parses and decodes `a=1&b=two+words`; '+' is a space. Pairs with a malformed escape or an empty name are omitted.
[[nodiscard]] std::multimap<std::string, std::string> parse_query(std::string_view text);

}  // namespace ece465::http
