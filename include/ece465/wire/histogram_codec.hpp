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

/// Reads a JSON array of exactly `levels` integers from 0 to 2^64 - 1, with any white space that JSON allows.
/// Fails with `corrupt`.
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_json_counts(std::string_view text, std::size_t levels);

/// Appends the packed form: each count as LEB128 (seven bits a byte, low first, the high bit: more follow); a
/// count of 0 is followed by how many more zeros there are, in LEB128. A strip's 65,536 counts take about 64 KiB
/// instead of 512.
void append_packed_counts(std::string& out, std::span<const std::uint64_t> counts);

/// Reads exactly `counts.size()` packed counts that take exactly all of `packed`. Only what
/// `append_packed_counts` would have written is accepted. Fails with `corrupt`; `counts` is spoiled then.
[[nodiscard]] Result<void> parse_packed_counts(Bytes packed, std::span<std::uint64_t> counts);

/// The most bytes that packed counts of so many levels can take: what a header may claim.
[[nodiscard]] constexpr std::uint64_t max_packed_bytes(std::size_t levels) { return std::uint64_t{10} * levels; }

/// Gets the counts of a HIST_RESULT of any dialect. `body`: what followed the header (ECE465/2), else empty;
/// `counts`: as many as there are levels. Fails with `corrupt`, also when the depth is another one.
[[nodiscard]] Result<void> read_counts(const HistResult& message, Bytes body, std::span<std::uint64_t> counts);

/// Appends a whole HIST_RESULT, body included, in any dialect. Of `message`, `size`, `bits`, `counts` and
/// `checksum` are set here; `with_checksum` is for ECE465/2.
void append_hist_result(std::string& out, HistResult message, std::span<const std::uint64_t> counts, Dialect dialect,
                        bool with_checksum);

/// Whether the counts sum to exactly `samples`; never fooled by a sum that wraps around.
[[nodiscard]] bool sums_to(std::span<const std::uint64_t> counts, std::uint64_t samples);

}  // namespace ece465::wire
