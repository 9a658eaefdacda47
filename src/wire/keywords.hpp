#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ece465/wire/message.hpp"

/// The keywords of the protocol, shared by parser and encoder.

namespace ece465::wire {

inline constexpr std::string_view kProtocolName = "ECE465/";
inline constexpr unsigned kVersion = 2;

namespace verb {
inline constexpr std::string_view kRegister = "REGISTER", kRegistered = "REGISTERED", kAckRegister = "ACK_REGISTER",
                                  kCalcHist = "CALC_HIST", kHistResult = "HIST_RESULT", kApplyCdf = "APPLY_CDF",
                                  kCdfResult = "CDF_RESULT", kMappedResult = "MAPPED_RESULT", kTable = "TABLE",
                                  kMap = "MAP", kMapResult = "MAP_RESULT", kPing = "PING", kPong = "PONG", kLog = "LOG",
                                  kError = "ERROR", kDrop = "DROP", kBye = "BYE";
}  // namespace verb

namespace key {
inline constexpr std::string_view kTask = "task", kBits = "bits", kKeep = "keep", kFrom = "from", kTable = "table",
                                  kKind = "kind", kMicroseconds = "us", kXxh3 = "xxh3", kNumber = "n", kCode = "code",
                                  kText = "text";
inline constexpr std::string_view kThreads = "threads", kCredit = "credit", kMemory = "memory", kPayload = "payload",
                                  kChecksum = "checksum", kMaps = "maps", kHeartbeat = "heartbeat";
}  // namespace key

inline constexpr std::string_view kXxh3Name = "xxh3", kNoChecksum = "none";

inline constexpr std::size_t kByteLevels = 256, kWordLevels = 65'536;
inline constexpr std::uint64_t kByteTableBytes = 256, kWordTableBytes = 131'072;

/// `failed` for unknown codes.
[[nodiscard]] ErrorCode error_code_of(std::string_view name);

/// Whether `text` can be a kind of MAP: 1 to 32 lower-case letters, digits and '-'.
[[nodiscard]] bool is_kind(std::string_view text);

}  // namespace ece465::wire
