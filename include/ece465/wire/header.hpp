#pragma once

#include <string>
#include <string_view>

#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"
#include "ece465/wire/message.hpp"

/// Header lines to messages and back (PROTOCOL sections 2 to 5). To receive, a caller reads a line, parses it,
/// allocates `body_bytes` and reads the body directly into them; to send, it writes header and payload as two buffers
/// of one call. Nothing here holds or copies a payload.

namespace ece465::wire {

/// Who wrote a line. Commands have a direction; those of the other one are refused.
enum class Sender : std::uint8_t { worker, master };

/// What one side knows about the peer whose lines it parses.
struct Peer {
  Sender sender = Sender::worker;
  /// ECE465/2 was agreed on (PROTOCOL section 6): from then on only its forms are valid. Before, and always with an
  /// older peer, the form of each line tells which of the two older dialects it is.
  bool v2 = false;
  WireLimits limits;
};

/// A parsed line.
struct Header {
  Message message;
  /// The dialect of the line. REGISTER looks the same in both older ones, and counts as documented.
  Dialect dialect = Dialect::documented;
  /// The course dialect puts a histogram's counts on a line of their own: pass it to `add_counts_line`.
  bool counts_line_follows = false;
  bool operator==(const Header&) const = default;
};

/// Parses one line, given without its newline; a trailing carriage return is dropped. Blank lines and unknown commands
/// are returned as `Ignored`. Fails with `corrupt` (not a line of this protocol), `too_large` (a size over the limits)
/// or `unsupported` (another version): close the connection, because the position in the stream is unknown.
[[nodiscard]] Result<Header> parse_header(std::string_view line, const Peer& peer);

/// Adds the line that follows a header with `counts_line_follows`. Fails with `corrupt`.
[[nodiscard]] Result<void> add_counts_line(Header& header, std::string_view line, const Peer& peer);

/// Appends a header, including its newline, in the given dialect, in which the message must exist. In the older
/// dialects a HIST_RESULT includes its `counts` and has no body. LOG and ERROR texts are cleaned and truncated;
/// everything else must be valid (`worker` ids, `kind`s).
void append_header(std::string& out, const Message& message, Dialect dialect);

/// `append_header` to a new string.
[[nodiscard]] std::string to_line(const Message& message, Dialect dialect);

}  // namespace ece465::wire
