#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The messages between master and worker, apart from their encoding: one struct per command, the same for all
/// dialects. src/wire/PROTOCOL.md is the normative text. A message is a header only: pixels, tables and histograms
/// follow it on the connection and never pass through these structs, so that they are read from the socket directly to
/// their destination.
///
/// GCC 12 and coroutines: build a message in a variable of its own, never from braces inside a co_await expression,
/// where GCC copies aggregates byte by byte and frees their strings twice.

namespace ece465::wire {

/// The three dialects of the protocol (PROTOCOL section 2).
enum class Dialect : std::uint8_t {
  documented,  ///< what the course's documents say
  course,      ///< what its published programs send
  v2,          ///< ECE465/2: many requests in flight, 16 bits, kept chunks, checksums
};

/// "documented", "course", "ECE465/2": for logs and status.
[[nodiscard]] std::string_view dialect_name(Dialect dialect);

/// Identifies a request of ECE465/2 on its connection, and the chunk that the worker keeps for it (`keep`). Chosen by
/// the master, never used twice on one connection.
enum class TaskId : std::uint64_t {};
/// Identifies a table that a worker holds (TABLE). Chosen by the master.
enum class TableId : std::uint64_t {};

/// Matches an answer to its request: in ECE465/2 by `task`; in the course dialect by `job`, which the worker echoes; in
/// the documented dialect by order alone.
struct RequestId {
  TaskId task{};
  std::string job{};
  bool operator==(const RequestId&) const = default;
};

/// What an ECE465/2 worker offers when it registers.
struct Offer {
  unsigned version = 2;             ///< the highest version it speaks
  unsigned threads = 1;             ///< requests processed in parallel
  std::uint64_t credit_bytes = 0;   ///< payload accepted in flight: received and not answered yet
  std::uint64_t memory_bytes = 0;   ///< total size of kept chunks
  std::uint64_t payload_bytes = 0;  ///< the largest payload accepted
  bool checksum = false;            ///< supports xxh3
  std::vector<std::string> maps{};  ///< supported kinds of MAP
  bool operator==(const Offer&) const = default;
};

/// The terms of an ECE465/2 connection, which the master's answer sets.
struct Terms {
  unsigned version = 2;
  bool checksum = false;  ///< every payload of both sides carries its checksum
  /// Each side sends something (a PING if nothing else) at least this often; a peer that is silent for three intervals
  /// is lost.
  std::chrono::milliseconds heartbeat{5000};
  std::uint64_t payload_bytes = 0;  ///< the largest payload the master accepts
  bool operator==(const Terms&) const = default;
};

/// REGISTER. `offer` is valid in ECE465/2 only.
struct Register {
  std::string worker{};
  Offer offer{};
  bool operator==(const Register&) const = default;
};

/// REGISTERED, or the course dialect's ACK_REGISTER. `terms` is valid in ECE465/2 only.
struct Registered {
  Terms terms{};
  bool operator==(const Registered&) const = default;
};

/// CALC_HIST: count the levels of the `size` bytes that follow.
struct CalcHist {
  RequestId id{};
  std::uint64_t size = 0;
  unsigned bits = 8;  ///< of a sample: 8, or 16 (little-endian)
  bool keep = false;  ///< keep the chunk under `id.task` until an APPLY_CDF `from` it, or a DROP
  std::optional<std::uint64_t> checksum{};
  bool operator==(const CalcHist&) const = default;
};

/// HIST_RESULT. The older dialects write the counts as text; they are in `counts`. In ECE465/2 they follow as `size`
/// bytes (histogram_codec.hpp), and `counts` is empty. `read_counts` handles both.
struct HistResult {
  RequestId id{};
  std::uint64_t size = 0;
  unsigned bits = 8;
  std::vector<std::uint64_t> counts{};
  std::optional<std::chrono::microseconds> took{};  ///< CPU time of the worker
  std::optional<std::uint64_t> checksum{};
  bool operator==(const HistResult&) const = default;
};

/// APPLY_CDF: map samples through a table. The body is the table, unless `table` names one, then `size` bytes of
/// samples. With `from`, the samples are the chunk kept by that task, which is dropped afterwards, and `size` is 0.
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

// The rest exists in ECE465/2 only, except LOG, which the course dialect has as well.

/// TABLE: keep this table, 256 bytes or 65,536 little-endian 16-bit levels, for later APPLY_CDFs.
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

/// MAP_RESULT: the result of a MAP, in the encoding of its kind.
struct MapResult {
  TaskId task{};
  std::uint64_t size = 0;
  std::optional<std::chrono::microseconds> took{};
  std::optional<std::uint64_t> checksum{};
  bool operator==(const MapResult&) const = default;
};

/// PING: answer at once with PONG and the same number.
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

/// Why a request failed.
enum class ErrorCode : std::uint8_t {
  failed,       ///< for the reason in `text`; also any unknown code
  bad_request,  ///< the request contradicts itself or the protocol
  too_large,    ///< beyond the worker's offer or the limits
  unsupported,  ///< unknown command, kind of MAP, or version
  no_chunk,     ///< `from` names a chunk that is not kept (any more): send the samples
  no_table,     ///< `table` names a table that is not kept (any more): send it
  checksum,     ///< a payload arrived damaged: send it again
  dropped,      ///< cancelled by a DROP
  leaving,      ///< arrived after BYE
  refused,      ///< the peer may not register
};
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

/// ERROR. With `task`, it answers that request, and the connection stays open; without, the sender closes the
/// connection.
struct ErrorReport {
  ErrorCode code = ErrorCode::failed;
  std::optional<TaskId> task{};
  std::string text{};
  bool operator==(const ErrorReport&) const = default;
};

/// DROP: forget the kept chunk or the table; a request that has not been started is answered ERROR `dropped`.
struct Drop {
  std::optional<TaskId> task{};
  std::optional<TableId> table{};
  bool operator==(const Drop&) const = default;
};

/// BYE: the sender is leaving gracefully (PROTOCOL section 7).
struct Bye {
  bool operator==(const Bye&) const = default;
};

/// A blank line (`verb` is empty) or an unknown command: skip `skip_bytes`, and in ECE465/2 answer ERROR `unsupported`
/// if it has a task.
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

/// Size of the table that follows this header; 0 if it names one.
[[nodiscard]] std::uint64_t table_bytes(const ApplyCdf& message);
/// Size of the body that follows this header.
[[nodiscard]] std::uint64_t body_bytes(const Message& message);
/// The checksum of the body, if the header has one.
[[nodiscard]] std::optional<std::uint64_t> body_checksum(const Message& message);

}  // namespace ece465::wire
