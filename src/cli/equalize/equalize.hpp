#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "ece465/base/limits.hpp"
#include "ece465/image/pixels.hpp"

namespace ece465::cli {

/// The options of `ece465 equalize`.
struct EqualizeCommand {
  std::vector<std::string> inputs;
  std::string output;
  bool recursive = false;
  bool force = false;
  image::Channels channels = image::Channels::luma;
  int quality = 0;       ///< 0: that of the input, or the default
  unsigned threads = 0;  ///< 0: as many as this process may use
  std::uint64_t memory_bytes = Limits{}.default_memory_bytes;
  bool json = false;
  bool quiet = false;
  std::string plot;
};

/// Equalizes files and reports on `console`; returns the exit code.
[[nodiscard]] int run_equalize(const EqualizeCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
