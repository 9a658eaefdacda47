#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Text and numbers for people. Pure functions.

namespace ece465::cli {

/// `text` with control characters escaped (`\n`, `\x1b`): a file name must not break a line or send commands to the
/// terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD: file names may be any bytes.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// Columns that UTF-8 text takes on a terminal: wide characters count twice, combining ones not at all.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` in at most `columns`. If it is too long its middle is omitted, since names differ at their ends.
[[nodiscard]] std::string elide(std::string_view text, std::size_t columns);

/// Breaks `text` at spaces into lines of at most `columns`. A longer word gets a line of its own.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t columns);

/// The candidate that is most similar to `word`; empty if none is similar.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean X?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "640 B", "12.3 MB": decimal units, as disks and networks count.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
/// "0.004 s", "1.25 s", "3:07", "2:15:00".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);
/// "1.20 s", "350 ms", "12 us": for times that are mostly far below a second.
[[nodiscard]] std::string short_time(std::chrono::nanoseconds time);
/// "12,345,678"
[[nodiscard]] std::string format_count(std::uint64_t n);
/// "1 file", "3 files".
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view thing);

}  // namespace ece465::cli
