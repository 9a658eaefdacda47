#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ece465/base/result.hpp"

/// Points in time as RFC 3339 has them, in UTC, to the millisecond: "2026-11-25T15:27:20.123Z". Texts of this one
/// length sort as the times do.

namespace ece465 {

/// A point in time of the real clock, as logs, jobs and files' dates have it. What measures how long something
/// takes is the steady clock.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] WallTime wall_now();

/// Years before 0 or after 9999 have no such text; the nearest that has one stands for them.
[[nodiscard]] std::string to_rfc3339(WallTime time);

/// Reads what `to_rfc3339` writes, and all else that the RFC allows: any fraction (cut to milliseconds), another
/// offset than Z, small letters, a blank for the T. A leap second is the one after it. Fails with `bad_input`.
[[nodiscard]] Result<WallTime> parse_rfc3339(std::string_view text);

}  // namespace ece465
