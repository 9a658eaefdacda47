#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ece465/base/result.hpp"

namespace ece465::net {

/// A host name or literal address, and a port; not resolved yet.
///
/// Deliberately not an aggregate: GCC 12 copies an aggregate initialized by braces inside a co_await expression byte by
/// byte, and frees its strings twice. Give every type that coroutines take by value a constructor.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  Address() = default;
  Address(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}

  /// `host:port`, with brackets around an IPv6 literal.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Address&) const = default;
};

/// Parses `HOST:PORT`, `HOST` (with `default_port`), `[v6]:PORT`. Fails with `usage`, naming the text.
[[nodiscard]] Result<Address> parse_address(std::string_view text, std::uint16_t default_port);

}  // namespace ece465::net
