#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "ece465/base/limits.hpp"
#include "ece465/base/logger.hpp"
#include "ece465/base/result.hpp"
#include "ece465/net/address.hpp"

namespace ece465::cluster {

/// Memory is bounded by `credit_bytes` plus `memory_bytes`, or a single larger request (`payload_bytes`); with the
/// defaults the process stays below 24 MB, libraries included. A thread that counts a piece of text also holds a table
/// of its words: 1 MB for ordinary text, 10 MB at most.
struct WorkerOptions {
  net::Address master{"127.0.0.1", 6000};
  std::string id;
  unsigned threads = 1;  ///< requests processed at once
  /// Bytes of unanswered requests. Strips have about 1 MiB, so the default is enough to read one, process one and send
  /// the answer to one at the same time.
  std::uint64_t credit_bytes = std::uint64_t{4} << 20;
  /// Bytes of samples that are cached between counting and mapping, so that the master need not send them twice.
  std::uint64_t memory_bytes = std::uint64_t{8} << 20;
  /// The largest request that is accepted in ECE465/2. The older dialects cannot announce it: WireLimits applies.
  std::uint64_t payload_bytes = std::uint64_t{64} << 20;

  std::chrono::milliseconds connect_limit{10'000};
  /// How long to wait for the answer to REGISTER.
  std::chrono::milliseconds registration_limit{10'000};
  /// Upper limits of the pause before the first and before later attempts to reconnect.
  std::chrono::milliseconds reconnect_min{200}, reconnect_max{10'000};
  /// How long a stop waits for pending requests.
  std::chrono::milliseconds stop_limit{10'000};
  /// Seed of the random pauses. 0: a random seed, which is logged.
  std::uint64_t seed = 0;
  WireLimits limits;
};

/// Works for the master in whichever dialect it speaks, reconnecting after any failure, until `stop` is requested; then
/// takes its leave, finishes pending requests and returns. Fails with `usage` or `bad_input` if the options are
/// invalid. Nothing that the master or the network does is an error.
[[nodiscard]] Result<void> run_worker(const WorkerOptions& options, Logger& logger, std::stop_token stop);

}  // namespace ece465::cluster
