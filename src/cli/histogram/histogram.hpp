#pragma once

#include <stop_token>
#include <string>

#include "common/console.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/image/pixels.hpp"

namespace ece465::cli {

/// The options of `ece465 histogram`.
struct HistogramCommand {
  std::string input;
  image::Channels channels = image::Channels::luma;
  unsigned threads = 0;  ///< 0: as many as this process may use
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  bool json = false;
  std::string plot;  ///< an SVG file to write; empty: none
  bool force = false;
};

/// Shows the histograms of an image: drawn on a terminal, else as CSV, or as JSON. Returns the exit code.
[[nodiscard]] int run_histogram(const HistogramCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
