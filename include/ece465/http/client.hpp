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
/// Fails with `usage` (also for https, which is not supported).
[[nodiscard]] Result<Url> parse_url(std::string_view text);

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< empty if it went to a sink
};

struct ClientOptions {
  net::Duration connect_timeout = std::chrono::seconds(10);
  /// Without any data being received or sent.
  net::Duration idle_timeout = std::chrono::seconds(60);
  std::size_t max_body_bytes = std::size_t{64} << 20;  ///< of a body that does not go to a sink
};

/// A file, sent as the only part of a multipart/form-data body.
struct FilePart {
  std::string field, filename;
  const ByteSource* source = nullptr;
  /// Called while the body is sent.
  std::function<void(std::uint64_t sent, std::uint64_t total)> progress;

  FilePart() = default;
};

/// An HTTP/1.1 client with one connection, which is kept open between requests and reopened if it was closed.
class Client {
 public:
  explicit Client(Url url, ClientOptions options = {});
  ~Client();

  /// Sends a request, with a JSON body or none, and returns the response, whatever its status. Fails with
  /// `unavailable`, `timeout` or `corrupt`, naming the server.
  [[nodiscard]] net::Task<Result<ClientResponse>> request(std::string method, std::string target,
                                                          std::string json = "");
  /// Uploads a file by POST. Fails with `bad_input` if the file cannot be read to its end.
  [[nodiscard]] net::Task<Result<ClientResponse>> upload(std::string target, FilePart part);
  /// POSTs a source as the body. The body of a response with status 200 is passed to `sink` in pieces; others are
  /// returned as text. `progress` is called while the body is sent. Fails like `upload`, and with the sink's error.
  [[nodiscard]] net::Task<Result<ClientResponse>> post(
      std::string target, const ByteSource* source,
      std::function<void(std::uint64_t sent, std::uint64_t total)> progress, std::function<Result<void>(Bytes)> sink);
  /// GETs a body and passes it to `sink` in pieces if the status is 200; other bodies are returned as text.
  [[nodiscard]] net::Task<Result<ClientResponse>> download(std::string target, std::function<Result<void>(Bytes)> sink);
  /// Ends the pending request with `cancelled`; if it is still connecting, as soon as it is connected. The next request
  /// opens a new connection.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::http
