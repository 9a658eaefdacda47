#pragma once

#include <string>
#include <string_view>

#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"
#include "ece465/wire/message.hpp"

/// Header lines to messages and back (PROTOCOL sections 2 to 5). A caller with a socket reads a line, parses it,
/// gives `body_bytes` of the stream a place, and reads them straight into it; in the other direction it writes
/// the header and the payload as two buffers of one call. Nothing here holds or copies a payload.

namespace ece465::wire {

/// Who wrote a line. Commands have a direction: those of the other one are not known.
enum class Sender : std::uint8_t { worker, master };

/// What one side knows of the peer whose lines it parses.
struct Peer {
  Sender sender = Sender::worker;
  /// ECE465/2 was agreed (PROTOCOL section 6): only its shapes count from here on. Before, and for ever with an
  /// older peer, the shape of each line tells which of the two older dialects it is.
  bool v2 = false;
  WireLimits limits;
};

/// A parsed line.
struct Header {
  Message message;
  /// The dialect whose shape the line had. REGISTER alone looks the same in both older ones: documented.
  Dialect dialect = Dialect::documented;
  /// The course dialect puts a histogram's counts on a line of their own: hand it to `add_counts_line`.
  bool counts_line_follows = false;
  bool operator==(const Header&) const = default;
};

/// Parses one line, given without its newline; a carriage return before it is dropped. Blank lines and commands
/// that the peer's dialect leaves to be ignored come back as `Ignored`. Fails with `corrupt` (not a line of this
/// protocol), `too_large` (a size over the limits), `unsupported` (another version): close the connection, its
/// position in the stream is unknown.
[[nodiscard]] Result<Header> parse_header(std::string_view line, const Peer& peer);

/// Completes a header whose `counts_line_follows` with that line. Fails with `corrupt`.
[[nodiscard]] Result<void> add_counts_line(Header& header, std::string_view line, const Peer& peer);

/// Appends the exact bytes of a header, newline included, in the given dialect, in which the message must exist.
/// A HIST_RESULT in an older dialect takes its `counts` along: there is no body then.
/// LOG and ERROR texts are cleaned and cut to one line; everything else must be valid (`worker` ids, `kind`s).
void append_header(std::string& out, const Message& message, Dialect dialect);

/// `append_header` to a new string.
[[nodiscard]] std::string to_line(const Message& message, Dialect dialect);

}  // namespace ece465::wire
