#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ece465/labs/dine.hpp"
#include "options.hpp"

/// What the labs' options take, beside what options.hpp knows. Errors say what is wrong with `text`, as there.

namespace ece465::cli {

/// A duration, or 0.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_pause(std::string_view text);
/// "500ms..1.5s", or one time for both ends; from nothing to an hour.
[[nodiscard]] Result<labs::DurationRange> parse_span(std::string_view text);
/// A whole number of 64 bits.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);
/// --seed N, of what is left to chance.
CLI::Option* add_seed(CLI::App& app, std::optional<std::uint64_t>& target);

}  // namespace ece465::cli
