#pragma once

#include <cstdint>
#include <memory>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"
#include "ece465/wire/message.hpp"

namespace ece465::wire {

/// The checksum of ECE465/2's payloads: XXH3, 64 bits, seed 0. It guards against damage (memory, drivers, a
/// middlebox that rewrites; TCP's own 16 bits miss about one in 65,536), not against malice. Chosen because it is
/// the only one that costs nothing beside the work: on one core of the development machine XXH3 runs at 29 GB/s,
/// CRC-32C with SSE4.2 at 9.8, zlib's crc32 at 4.3, and every pixel passes a checksum four times.
[[nodiscard]] std::uint64_t checksum(Bytes bytes);

/// The same over bytes that lie in several places, or that arrive piece by piece.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;

  void update(Bytes bytes);
  /// Of all bytes so far.
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Holds the checksum of a body that has arrived, `actual`, against what its header says. Fails with `corrupt`:
/// it differs, or there is none although the terms are that there must be (`required`).
[[nodiscard]] Result<void> check_body(const Message& message, std::uint64_t actual, bool required);

}  // namespace ece465::wire
