#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "common/console.hpp"
#include "ece465/image/pixels.hpp"
#include "common/master_client.hpp"

namespace ece465::cli {

/// What `ece465 submit` was asked to do.
struct SubmitCommand {
  std::vector<std::string> inputs;
  std::string output;
  bool recursive = false;
  bool force = false;
  image::Channels channels = image::Channels::luma;
  int quality = 0;  ///< 0: as the input, or the default
  std::string url = kDefaultUrl;
  std::chrono::milliseconds patience = kDefaultPatience;
  bool no_wait = false;
  bool remove = false;
  bool json = false;
  bool quiet = false;
};

/// Has a master equalize files and reports them on `console`; returns the exit code.
[[nodiscard]] int run_submit(const SubmitCommand& command, Console& console, std::stop_token stop);

}  // namespace ece465::cli
