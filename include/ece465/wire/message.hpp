#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What master and worker say to each other, apart from the bytes that say it. One struct per command, the same
/// for every dialect; src/wire/PROTOCOL.md is the normative text, its sections are named here. A message is the
/// header only: pixels, tables and histograms follow it on the connection and never pass through these structs,
/// so that they can be read from the socket straight to where they belong.
///
/// GCC 12 and coroutines: make a message in a variable of its own, never from braces inside a co_await expression
/// (it copies such aggregates byte by byte, and their strings are freed twice).

namespace ece465::wire {

/// The three forms in which a peer may speak (PROTOCOL section 2).
enum class Dialect : std::uint8_t {
  documented,  ///< what the course's documents say
  course,      ///< what its published programs really send
  v2,          ///< ECE465/2: many requests in flight, 16 bits, kept chunks, checksums
};

/// "documented", "course", "ECE465/2": for logs and status.
[[nodiscard]] std::string_view dialect_name(Dialect dialect);

/// Whether several requests may be in flight towards a worker of this dialect; the others take one at a time.
[[nodiscard]] constexpr bool pipelines(Dialect dialect) { return dialect == Dialect::v2; }

/// Names a request of ECE465/2 on its connection, and the chunk that it left with the worker (`keep`). Chosen by
/// the master, never used twice on one connection.
enum class TaskId : std::uint64_t {};
/// Names a table that a worker holds (TABLE). Chosen by the master.
enum class TableId : std::uint64_t {};

/// How a request and its answer are tied together: ECE465/2 by `task`; the course dialect by `job`, which the
/// worker echoes as it came; the documented dialect by nothing, since answers come in order.
struct RequestId {
  TaskId task{};
  std::string job{};
  bool operator==(const RequestId&) const = default;
};

/// What a worker that speaks ECE465/2 says of itself when it registers.
struct Offer {
  unsigned version = 2;             ///< the highest version it speaks
  unsigned threads = 1;             ///< requests it works on at once
  std::uint64_t credit_bytes = 0;   ///< payload it takes in flight: received and not answered yet
  std::uint64_t memory_bytes = 0;   ///< kept chunks it holds, together
  std::uint64_t payload_bytes = 0;  ///< the largest payload it takes
  bool checksum = false;            ///< knows xxh3
  std::vector<std::string> maps{};  ///< kinds of MAP it can do
  bool operator==(const Offer&) const = default;
};

/// What a master that speaks ECE465/2 answers: how this connection will work.
struct Terms {
  unsigned version = 2;
  bool checksum = false;  ///< every payload of both sides carries its checksum
  /// Each side sends something (a PING if nothing else) at least this often; a peer that is silent for three of
  /// these is lost.
  std::chrono::milliseconds heartbeat{5000};
  std::uint64_t payload_bytes = 0;  ///< the largest payload the master takes
  bool operator==(const Terms&) const = default;
};

/// REGISTER. `offer` counts in ECE465/2 only.
struct Register {
  std::string worker{};
  Offer offer{};
  bool operator==(const Register&) const = default;
};

/// REGISTERED, or the course dialect's ACK_REGISTER. `terms` counts in ECE465/2 only.
struct Registered {
  Terms terms{};
  bool operator==(const Registered&) const = default;
};

/// CALC_HIST: count the levels of the `size` bytes that follow.
struct CalcHist {
  RequestId id{};
  std::uint64_t size = 0;
  unsigned bits = 8;  ///< of a sample: 8, or 16 (little-endian)
  bool keep = false;  ///< hold the chunk under `id.task` until an APPLY_CDF `from` it, or a DROP
  std::optional<std::uint64_t> checksum{};
  bool operator==(const CalcHist&) const = default;
};

/// HIST_RESULT. The older dialects write the counts as text: they are in `counts`. In ECE465/2 they follow as
/// `size` bytes (histogram_codec.hpp) and `counts` is empty. `read_counts` is for both.
struct HistResult {
  RequestId id{};
  std::uint64_t size = 0;
  unsigned bits = 8;
  std::vector<std::uint64_t> counts{};
  std::optional<std::chrono::microseconds> took{};  ///< the worker's CPU time for it
  std::optional<std::uint64_t> checksum{};
  bool operator==(const HistResult&) const = default;
};

/// APPLY_CDF: map samples through a table. What follows: the table unless `table` names one, then `size` bytes
/// of samples. With `from`, the samples are the chunk kept by that task, which is given up; `size` is 0 then.
struct ApplyCdf {
  RequestId id{};
  std::uint64_t size = 0;
  unsigned bits = 8;
  std::optional<TaskId> from{};
  std::optional<TableId> table{};
  std::optional<std::uint64_t> checksum{};
  bool operator==(const ApplyCdf&) const = default;
};

/// CDF_RESULT, or the course dialect's MAPPED_RESULT: `size` bytes of mapped samples follow.
struct CdfResult {
  RequestId id{};
  std::uint64_t size = 0;
  std::optional<std::chrono::microseconds> took{};
  std::optional<std::uint64_t> checksum{};
  bool operator==(const CdfResult&) const = default;
};

// The rest exists in ECE465/2 only, but for LOG.

/// TABLE: hold this table, 256 bytes or 65,536 little-endian 16-bit levels, for the APPLY_CDFs to come.
struct Table {
  TableId table{};
  std::uint64_t size = 0;
  std::optional<std::uint64_t> checksum{};
  bool operator==(const Table&) const = default;
};

/// MAP: run the map function `kind` over the `size` bytes that follow.
struct Map {
  TaskId task{};
  std::string kind{};
  std::uint64_t size = 0;
  std::optional<std::uint64_t> checksum{};
  bool operator==(const Map&) const = default;
};

/// MAP_RESULT: what came of it, in the encoding that belongs to the kind.
struct MapResult {
  TaskId task{};
  std::uint64_t size = 0;
  std::optional<std::chrono::microseconds> took{};
  std::optional<std::uint64_t> checksum{};
  bool operator==(const MapResult&) const = default;
};

/// PING: answer PONG with the same number, at once.
struct Ping {
  std::uint64_t number = 0;
  bool operator==(const Ping&) const = default;
};
struct Pong {
  std::uint64_t number = 0;
  bool operator==(const Pong&) const = default;
};

/// LOG: one line for people. `text` is valid UTF-8 without control characters.
struct Log {
  std::string worker{};
  std::string text{};
  bool operator==(const Log&) const = default;
};

/// Why something was not done.
enum class ErrorCode : std::uint8_t {
  failed,       ///< for a reason that only `text` knows; also any code this side does not know
  bad_request,  ///< the request contradicts itself or the protocol
  too_large,    ///< beyond what the worker offered or the limits allow
  unsupported,  ///< no such command, kind of MAP, or version
  no_chunk,     ///< `from` names a chunk that is not held (any more): send the samples
  no_table,     ///< `table` names a table that is not held (any more): send it
  checksum,     ///< a payload arrived damaged: send it again
  dropped,      ///< given up because of a DROP
  leaving,      ///< came after BYE
  refused,      ///< this peer may not register
};
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

/// ERROR. With `task`: the answer to that request, and the connection is fine. Without: the sender closes it.
struct ErrorReport {
  ErrorCode code = ErrorCode::failed;
  std::optional<TaskId> task{};
  std::string text{};
  bool operator==(const ErrorReport&) const = default;
};

/// DROP: forget the kept chunk or the table; a request that has not begun is answered ERROR `dropped`.
struct Drop {
  std::optional<TaskId> task{};
  std::optional<TableId> table{};
  bool operator==(const Drop&) const = default;
};

/// BYE: the sender is leaving in good order (PROTOCOL section 7).
struct Bye {
  bool operator==(const Bye&) const = default;
};

/// A blank line (`verb` empty) or a command that this side does not know: skip `skip_bytes`, do nothing, and in
/// ECE465/2 answer ERROR `unsupported` if it had a task.
struct Ignored {
  std::string verb{};
  std::uint64_t skip_bytes = 0;
  std::optional<TaskId> task{};
  bool operator==(const Ignored&) const = default;
};

using Message = std::variant<Register, Registered, CalcHist, HistResult, ApplyCdf, CdfResult, Table, Map, MapResult,
                             Ping, Pong, Log, ErrorReport, Drop, Bye, Ignored>;

/// The command's name in ECE465/2 ("CALC_HIST"): for logs and errors.
[[nodiscard]] std::string_view name_of(const Message& message);

/// Bytes of the table that follows this header: 0 when it names one.
[[nodiscard]] std::uint64_t table_bytes(const ApplyCdf& message);
/// All bytes that follow this header: its body.
[[nodiscard]] std::uint64_t body_bytes(const Message& message);
/// The checksum that the header gives for its body, if it does.
[[nodiscard]] std::optional<std::uint64_t> body_checksum(const Message& message);

}  // namespace ece465::wire
