#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/page_summary.hpp"
#include "common/run_report.hpp"

namespace ece465::cli {

/// The outcome of one input.
struct FileReport {
  std::string input, output;  ///< as shown
  std::optional<image::Format> input_format, output_format;
  std::vector<PageSummary> pages;
  std::vector<std::string> notes;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds duration{};
  std::optional<Error> error;
};

/// One line for a finished file: "in -> out  1000x750 8-bit color  luma 23-181 -> 0-255  0.012 s".
[[nodiscard]] std::string file_line(const FileReport& file);

/// The object that `equalize --json` prints; its help documents the keys.
[[nodiscard]] std::string equalize_json(const std::vector<FileReport>& files, const RunTotals& totals, unsigned threads,
                                        std::uint64_t memory_bytes);

}  // namespace ece465::cli
