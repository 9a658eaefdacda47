#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ece465/base/result.hpp"

/// Points in time in RFC 3339 form, in UTC, to the millisecond: "2026-11-25T15:27:20.123Z". The length is fixed, so
/// the texts sort like the times.

namespace ece465 {

/// A point in time of the system clock, for logs, jobs and file dates. Durations are measured with the steady clock.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] WallTime wall_now();

/// Times outside the years 0 to 9999, which RFC 3339 cannot express, are clamped.
[[nodiscard]] std::string to_rfc3339(WallTime time);

/// Parses any RFC 3339 time: any fraction (truncated to milliseconds), any offset, lower-case letters, a space instead
/// of the T. A leap second becomes the second after it. Fails with `bad_input`.
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace ece465
