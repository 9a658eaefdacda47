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
  net::Address http{"0.0.0.0", 8000};     ///< port 0: any free one
  net::Address workers{"0.0.0.0", 6000};  ///< port 0: any free one
  std::filesystem::path data_dir = "shared_data";
  std::string version;
  /// Threads that decode, encode, and do strips when no worker can.
  unsigned threads = 1;
  /// For the pixels of the pages that are at work, all jobs together. A page that does not fit is read twice.
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  /// Jobs at work at once; more wait their turn.
  std::size_t jobs_at_once = 16;
  /// The master does strips at all times, not only when no worker can.
  bool always_helps = false;
  std::uint64_t max_upload_bytes = std::uint64_t{64} << 30;
  /// How long a stop waits for jobs and requests. What is not done by then is taken up at the next start.
  std::chrono::milliseconds stop_limit{10'000};
  Limits limits;
};

/// Where the master listens, ports resolved.
struct MasterAddresses {
  net::Address http, workers;
};

/// Runs a master until `stop` asks for its end. `listening` is called once, when both ports are open. Fails with
/// `unavailable` (a port is taken, another master has the data folder), `io` (the data folder).
[[nodiscard]] Result<void> run_master(const MasterOptions& options, Logger& logger, std::stop_token stop,
                                      const std::function<void(const MasterAddresses&)>& listening);

}  // namespace ece465::cluster
