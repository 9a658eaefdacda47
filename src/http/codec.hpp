#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ece465/http/message.hpp"

/// HTTP/1.1 messages to bytes and back, without sockets. Uses the parser of Boost.Beast, which is audited but takes
/// long to compile, so that only codec.cpp includes it.

namespace ece465::http {

/// Size of the buffers for reading from a socket.
inline constexpr std::size_t kReadSize = std::size_t{64} << 10;

enum class Side { server, client };

/// Parses one message: first its head (start line and headers), then its body in pieces of the caller's size.
class MessageParser {
 public:
  /// `Side::server` parses requests. `head_only`: the response to HEAD, which has no body whatever its headers say.
  MessageParser(Side side, std::size_t max_header_bytes, std::uint64_t max_body_bytes, bool head_only = false);
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;

  /// Parses bytes of the head; returns how many were consumed. Until `head_done`, call it again with the rest and more
  /// input. Fails with `corrupt` or `too_large`.
  [[nodiscard]] Result<std::size_t> put_head(Bytes in);
  [[nodiscard]] bool head_done() const;

  struct Step {
    std::size_t consumed = 0, produced = 0;
    bool done = false;
  };
  /// Decodes body bytes from `in` to `out`.
  [[nodiscard]] Result<Step> put_body(Bytes in, MutableBytes out);
  /// The stream has ended: valid for a body without a length, `corrupt` for others.
  [[nodiscard]] Result<void> put_end();
  [[nodiscard]] bool done() const;

  // The head, once it is done.
  [[nodiscard]] std::string method() const;
  [[nodiscard]] std::string target() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] Headers headers() const;
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  [[nodiscard]] bool keep_alive() const;
  /// Other expectations are ignored, as servers may do (RFC 9110, section 10.1.1): no client waits for them.
  [[nodiscard]] bool expects_continue() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "HTTP/1.1 200 OK\r\n...\r\n\r\n".
[[nodiscard]] std::string response_head(int status, const Headers& headers);
/// "GET /x HTTP/1.1\r\n...\r\n\r\n".
[[nodiscard]] std::string request_head(std::string_view method, std::string_view target, const Headers& headers);

}  // namespace ece465::http
