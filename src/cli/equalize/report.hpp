#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/image/equalize.hpp"

/// What is told of a run: condensed, so that ten thousand files fit in memory, then as text or JSON.

namespace ece465::cli {

/// One equalized plane.
struct PlaneSummary {
  std::string name;  ///< gray, luma, red, green, blue
  /// Levels that occur, the lowest and the highest of them. An empty plane has none.
  struct Levels {
    std::uint32_t count = 0, lowest = 0, highest = 0;
  };
  Levels before, after;
};

struct PageSummary {
  std::uint32_t width = 0, height = 0;
  unsigned bits = 8;
  unsigned channels = 1;  ///< samples of a pixel in the file, alpha included
  bool palette = false;
  bool alpha = false;
  std::vector<PlaneSummary> planes;
};

[[nodiscard]] PageSummary summarize(const image::PageReport& page, image::Channels channels);
/// The names of a page's planes, as in `PlaneSummary::name`.
[[nodiscard]] std::vector<std::string> plane_names(const image::PageReport& page, image::Channels channels);
/// "4000x3000 16-bit gray", "640x480 8-bit color with alpha".
[[nodiscard]] std::string describe_pixels(const PageSummary& page);

/// What became of one input.
struct FileReport {
  std::string input, output;  ///< as shown; "-" for the standard streams
  std::optional<image::Format> input_format, output_format;
  std::vector<PageSummary> pages;
  std::vector<std::string> notes;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds duration{};
  std::optional<Error> error;
};

/// All of them together.
struct RunReport {
  std::vector<FileReport> files;
  std::vector<std::string> notes;
  std::size_t done = 0, failed = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::chrono::nanoseconds duration{};
  unsigned threads = 1;
  std::uint64_t memory_bytes = 0;
};

/// One line for a finished file: "in -> out  1000x750 8-bit color  luma 23-181 -> 0-255  0.012 s".
[[nodiscard]] std::string file_line(const FileReport& file);

/// The object that `equalize --json` prints; keys are documented in its help.
[[nodiscard]] std::string run_json(const RunReport& run);

/// The object that `histogram --json` prints, in parts: what comes before the pages, a page, what comes after.
[[nodiscard]] std::string histogram_json_head(const std::string& input);
[[nodiscard]] std::string histogram_json_page(const image::PageReport& page, image::Channels channels);
[[nodiscard]] std::string histogram_json_tail(const std::optional<Error>& error);

/// "jpeg", "tiff", "png"
[[nodiscard]] std::string_view format_key(image::Format format);

}  // namespace ece465::cli
