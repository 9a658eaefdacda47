#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ece465/http/message.hpp"

/// HTTP/1.1 messages to bytes and back, pure. Boost.Beast's parser does the work, in codec.cpp alone: it is
/// audited and takes long to compile.

namespace ece465::http {

/// Read from a socket at once.
inline constexpr std::size_t kPiece = std::size_t{64} << 10;

enum class Side { server, client };

/// Parses one message: first its head, then its body in pieces of the caller's size.
class MessageParser {
 public:
  /// `side` server parses requests. `head_only`: the answer to HEAD, which has no body whatever it announces.
  MessageParser(Side side, std::size_t max_header_bytes, std::uint64_t max_body_bytes, bool head_only = false);
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;

  /// Takes bytes of the head; returns how many were consumed. Offer the rest again with more behind it until
  /// `head_done`. Fails with `corrupt` or `too_large`.
  [[nodiscard]] Result<std::size_t> put_head(Bytes in);
  [[nodiscard]] bool head_done() const;

  struct Step {
    std::size_t consumed = 0, produced = 0;
    bool done = false;
  };
  /// Decodes body bytes from `in` to `out`.
  [[nodiscard]] Result<Step> put_body(Bytes in, MutableBytes out);
  /// The peer has ended its side: fine for a body that ends so, `corrupt` for others.
  [[nodiscard]] Result<void> put_end();
  [[nodiscard]] bool done() const;

  // Of the head, once it is done.
  [[nodiscard]] std::string method() const;
  [[nodiscard]] std::string target() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] Headers headers() const;
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  [[nodiscard]] bool keep_alive() const;
  /// Other expectations than this are passed over, as servers may (RFC 9110, section 10.1.1): no client waits for them.
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
