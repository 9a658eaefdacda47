#include "ece465/wire/checksum.hpp"

// Inlines XXH3, so that there is no library to load at start.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ece465::wire {

std::uint64_t checksum(Bytes bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

struct Checksum::State {
  XXH3_state_t xxh3;
};

Checksum::Checksum() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(Bytes bytes) { XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size()); }
std::uint64_t Checksum::value() const { return XXH3_64bits_digest(&state_->xxh3); }

Result<void> check_body(const Message& message, std::uint64_t actual, bool required) {
  const auto expected = body_checksum(message);
  if (expected && *expected != actual) {
    return fail(Errc::corrupt, "{}: the body's checksum is {:016x}, not {:016x}", name_of(message), actual, *expected);
  }
  if (!expected && required && body_bytes(message) > 0) {
    return fail(Errc::corrupt, "{}: the body has no checksum", name_of(message));
  }
  return {};
}

}  // namespace ece465::wire
