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

/// How a worker works. Its memory is bounded by `credit_bytes` and `memory_bytes` together, but for a single larger
/// request (`payload_bytes`); with the defaults the process stays under 24 MB, libraries included. A thread that counts
/// a piece of text holds a table of its words beside that: 1 MB for a text as people write them, 10 at most.
struct WorkerOptions {
  net::Address master{"127.0.0.1", 6000};
  std::string id;
  unsigned threads = 1;  ///< requests worked on at once
  /// Bytes of requests that it takes in before it has answered them: one being read, one being worked on and one
  /// being answered, for strips of about 1 MiB.
  std::uint64_t credit_bytes = std::uint64_t{4} << 20;
  /// Bytes of samples that it keeps between counting and mapping them, which spares the master sending them twice.
  std::uint64_t memory_bytes = std::uint64_t{8} << 20;
  /// The largest request of a master that speaks ECE465/2. Older ones were never told: WireLimits holds for them.
  std::uint64_t payload_bytes = std::uint64_t{64} << 20;

  std::chrono::milliseconds connect_limit{10'000};
  /// Until REGISTER is answered.
  std::chrono::milliseconds registration_limit{10'000};
  /// The longest pause before the first and before any later attempt to connect again.
  std::chrono::milliseconds reconnect_min{200}, reconnect_max{10'000};
  /// How long a stop waits for what is at work.
  std::chrono::milliseconds stop_limit{10'000};
  /// What pauses are drawn from. 0: something else each time, and logged.
  std::uint64_t seed = 0;
  WireLimits limits;
};

/// Works for the master, whichever dialect it speaks, and goes back to it whenever the connection is lost, until
/// `stop` asks for the end; then says goodbye, finishes what it has begun and returns. Fails with `usage` or
/// `bad_input` when the options cannot be worked with; nothing that a master or the network does is an error.
[[nodiscard]] Result<void> run_worker(const WorkerOptions& options, Logger& logger, std::stop_token stop);

}  // namespace ece465::cluster
