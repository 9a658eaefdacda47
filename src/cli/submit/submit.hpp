#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "common/master_client.hpp"
#include "ece465/image/pixels.hpp"

namespace ece465::cli {

/// The options of `ece465 submit`.
struct SubmitCommand {
  std::vector<std::string> inputs;
  std::string output;
  bool recursive = false;
  bool force = false;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< 0: that of the input, or the default
  std::string url = kDefaultUrl;
  std::chrono::milliseconds timeout = kDefaultTimeout;
  bool no_wait = false;
  bool remove = false;
  bool json = false;
  bool quiet = false;
};

/// Has a master equalize files and reports on `console`; returns the exit code.
[[nodiscard]] int run_submit(const SubmitCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
