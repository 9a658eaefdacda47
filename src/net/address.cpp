#include "ece465/net/address.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ece465::net {
namespace {

/// Whether `host` could be a host name or address, so that typing errors are reported here and not by a resolver.
bool is_host(std::string_view host) {
  const auto all = [](std::string_view text, auto may_be) {
    return std::ranges::all_of(text, [&](char c) { return may_be(static_cast<unsigned char>(c)); });
  };
  const auto in_name = [](unsigned char c) {
    return c > ' ' && c != 0x7F && c != '[' && c != ']' && c != '/' && c != '@';
  };
  if (host.find(':') == std::string_view::npos) return all(host, in_name);
  const auto zone = std::min(host.find('%'), host.size());  // fe80::1%eth0
  return all(host.substr(0, zone), [](unsigned char c) { return std::isxdigit(c) != 0 || c == ':' || c == '.'; }) &&
         all(host.substr(zone), in_name);
}

}  // namespace

std::string Address::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::usage, "'{}' is not an address: {}; write HOST:PORT", text, why);
  };
  Address address("", default_port);
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return bad("']' is missing");
    address.host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return bad("']' is not followed by :PORT");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (std::ranges::count(text, ':') > 1) {
    address.host = text;  // a bare IPv6 literal
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
  }
  if (address.host.empty()) return bad("the host is missing");
  if (!is_host(address.host)) return bad("invalid host name");
  if (has_port) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size())
      return bad("the port is not a number from 0 to 65535");
  }
  return address;
}

}  // namespace ece465::net
