#pragma once

#include <cstddef>
#include <variant>

#include "ece465/base/bytes.hpp"
#include "ece465/wire/header.hpp"

namespace ece465::wire {

/// A whole message: its header, and its body as a view into the bytes that were given.
struct Decoded {
  Header header;
  Bytes body;
  std::size_t consumed = 0;  ///< bytes of the input that it took
};

/// Not an error: the input ends inside a message.
struct NeedMore {
  std::uint64_t missing = 1;  ///< at least so many more bytes
};

/// Takes the first message from `in`: for tests, fuzzers and peers that hold everything in memory anyway.
/// An Error is as in `parse_header`, or `too_large` for a line without end: close the connection.
[[nodiscard]] std::variant<Decoded, NeedMore, Error> decode(Bytes in, const Peer& peer);

}  // namespace ece465::wire
