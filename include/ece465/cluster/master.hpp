#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "ece465/base/limits.hpp"
#include "ece465/base/logger.hpp"
#include "ece465/base/result.hpp"
#include "ece465/net/address.hpp"

namespace ece465::cluster {

struct MasterOptions {
  net::Address http{"0.0.0.0", 8000};     ///< port 0: any free port
  net::Address workers{"0.0.0.0", 6000};  ///< port 0: any free port
  std::filesystem::path data_dir = "shared_data";
  std::string version;
  /// Threads that decode, encode, and process strips when no worker can.
  unsigned threads = 1;
  /// Memory for the pixels of all pages in progress. A page that does not fit is read twice.
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  /// Jobs that run at once; others are queued.
  std::size_t jobs_at_once = 16;
  /// The master always processes strips, not only when no worker can.
  bool always_helps = false;
  std::uint64_t max_upload_bytes = std::uint64_t{64} << 30;
  /// How long a stop waits for jobs and requests. Unfinished jobs are resumed at the next start.
  std::chrono::milliseconds stop_limit{10'000};
  Limits limits;
};

/// The addresses that the master listens on, with the actual ports.
struct MasterAddresses {
  net::Address http, workers;
};

/// Runs a master until `stop` is requested. `listening` is called once, when both ports are open. Fails with
/// `unavailable` (a port is in use, another master uses the data folder) or `io` (the data folder).
[[nodiscard]] Result<void> run_master(const MasterOptions& options, Logger& logger, std::stop_token stop,
                                      const std::function<void(const MasterAddresses&)>& listening);

}  // namespace ece465::cluster
