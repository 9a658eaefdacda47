#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "ece465/base/bytes.hpp"
#include "ece465/wire/header.hpp"

/// Decodes whole messages from memory, for tests and fuzzers; the program itself reads headers and bodies from a
/// socket.

namespace ece465::wire {

/// A whole message: its header, and its body as a view of the input.
struct Decoded {
  Header header;
  Bytes body;
  std::size_t consumed = 0;  ///< bytes of the input
};

/// Not an error: the input ends inside a message.
struct NeedMore {
  std::uint64_t missing = 1;  ///< at least this many bytes
};

/// Removes a line from `in` at `consumed`.
inline std::variant<std::string_view, NeedMore, Error> take_line(Bytes in, std::size_t& consumed,
                                                                 const WireLimits& limits) {
  const std::string_view rest = as_text(in.subspan(consumed));
  const std::size_t newline = rest.substr(0, limits.max_line_bytes).find('\n');
  if (newline != std::string_view::npos) {
    consumed += newline + 1;
    return rest.substr(0, newline);
  }
  if (rest.size() < limits.max_line_bytes) return NeedMore{};
  return fail(Errc::too_large, "a line of more than {} bytes", limits.max_line_bytes).error();
}

/// Decodes the first message of `in`. Errors are those of `parse_header`, or `too_large` for a line without an end.
[[nodiscard]] inline std::variant<Decoded, NeedMore, Error> decode(Bytes in, const Peer& peer) {
  std::size_t consumed = 0;
  const auto line = take_line(in, consumed, peer.limits);
  if (const auto* more = std::get_if<NeedMore>(&line)) return *more;
  if (const auto* error = std::get_if<Error>(&line)) return *error;
  auto header = parse_header(std::get<std::string_view>(line), peer);
  if (!header) return std::move(header).error();

  if (header->counts_line_follows) {
    const auto counts = take_line(in, consumed, peer.limits);
    if (const auto* more = std::get_if<NeedMore>(&counts)) return *more;
    if (const auto* error = std::get_if<Error>(&counts)) return *error;
    if (auto added = add_counts_line(*header, std::get<std::string_view>(counts), peer); !added) {
      return std::move(added).error();
    }
  }
  const std::uint64_t body = body_bytes(header->message);
  const Bytes rest = in.subspan(consumed);
  if (rest.size() < body) return NeedMore{body - rest.size()};
  const auto length = static_cast<std::size_t>(body);
  return Decoded{std::move(*header), rest.first(length), consumed + length};
}

}  // namespace ece465::wire
