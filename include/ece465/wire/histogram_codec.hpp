#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/base/result.hpp"
#include "ece465/wire/message.hpp"

/// Histograms on the wire (PROTOCOL section 4): a JSON array in the older dialects, packed numbers in ECE465/2.

namespace ece465::wire {

/// Appends `[1,2,...]`, without spaces.
void append_json_counts(std::string& out, std::span<const std::uint64_t> counts);

/// Parses a JSON array of exactly `levels` integers from 0 to 2^64 - 1, with any white space that JSON allows.
/// Fails with `corrupt`.
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_json_counts(std::string_view text, std::size_t levels);

/// Appends the packed form: each count as LEB128 (seven bits a byte, low bits first, the high bit set if more follow);
/// a count of 0 is followed by the number of further zeros, in LEB128. The 65,536 counts of a strip take about 64 KiB
/// instead of 512.
void append_packed_counts(std::string& out, std::span<const std::uint64_t> counts);

/// Parses `counts.size()` packed counts, which must take up all of `packed`. Accepts only what `append_packed_counts`
/// would have written. Fails with `corrupt`, and leaves `counts` undefined.
[[nodiscard]] Result<void> parse_packed_counts(Bytes packed, std::span<std::uint64_t> counts);

/// The maximum size of packed counts of `levels` levels: ten bytes hold 64 bits in LEB128.
[[nodiscard]] constexpr std::uint64_t max_packed_bytes(std::size_t levels) { return std::uint64_t{10} * levels; }

/// Gets the counts of a HIST_RESULT of any dialect. `body` is what followed the header (ECE465/2), else empty; `counts`
/// has one entry per level. Fails with `corrupt`, also if the message has another number of levels.
[[nodiscard]] Result<void> read_counts(const HistResult& message, Bytes body, std::span<std::uint64_t> counts);

/// Appends a whole HIST_RESULT, including its body, in any dialect. Sets `size`, `bits`, `counts` and `checksum` of
/// `message`; `with_checksum` is for ECE465/2.
void append_hist_result(std::string& out, HistResult message, std::span<const std::uint64_t> counts, Dialect dialect,
                        bool with_checksum);

/// Whether the counts add up to exactly `samples`, without overflow.
[[nodiscard]] bool sums_to(std::span<const std::uint64_t> counts, std::uint64_t samples);

}  // namespace ece465::wire
