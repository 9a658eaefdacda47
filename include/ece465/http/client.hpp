#pragma once

#include <functional>
#include <string>

#include "ece465/http/message.hpp"
#include "ece465/net/address.hpp"

namespace ece465::http {

/// `http://host[:port][/base]`.
struct Url {
  net::Address address;
  std::string base;  ///< without a trailing slash; often empty

  Url() = default;
};
/// Fails with `usage` (also for https, which is not spoken).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< unless a sink took it
};

struct ClientOptions {
  net::Duration connect_timeout = std::chrono::seconds(10);
  /// Without a byte moving.
  net::Duration idle_timeout = std::chrono::seconds(60);
  std::size_t max_body_bytes = std::size_t{64} << 20;  ///< of a body kept as text
};

/// A file sent as the one part of a multipart/form-data body.
struct FilePart {
  std::string field, filename;
  const ByteSource* source = nullptr;
  /// Called as bytes leave.
  std::function<void(std::uint64_t sent, std::uint64_t total)> progress;

  FilePart() = default;
};

/// One connection's worth of HTTP/1.1, kept open between requests and opened again when it was closed.
class Client {
 public:
  explicit Client(Url url, ClientOptions options = {});
  ~Client();

  /// Sends a request without body (or with a JSON one) and returns the answer, whatever its status. Fails with
  /// `unavailable`, `timeout`, `corrupt`, naming the server.
  [[nodiscard]] net::Task<Result<ClientResponse>> request(std::string method, std::string target,
                                                          std::string json = "");
  /// Uploads a file by POST. A file that cannot be read to its end is `bad_input`.
  [[nodiscard]] net::Task<Result<ClientResponse>> upload(std::string target, FilePart part);
  /// POSTs all of a source as the body, whose answer goes to `sink` piece by piece when its status is 200; other bodies
  /// are returned as text. `progress` is called as bytes leave. Fails as `upload`, and as the sink.
  [[nodiscard]] net::Task<Result<ClientResponse>> post(
      std::string target, const ByteSource* source,
      std::function<void(std::uint64_t sent, std::uint64_t total)> progress, std::function<Result<void>(Bytes)> sink);
  /// GETs a body into `sink` piece by piece when the status is 200; other bodies are returned as text.
  [[nodiscard]] net::Task<Result<ClientResponse>> download(std::string target, std::function<Result<void>(Bytes)> sink);
  /// Ends the exchange in flight with `cancelled` (one that still connects, once it has). The next one connects anew.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::http
