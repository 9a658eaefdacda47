#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/labs/dine.hpp"

/// Producers and consumers around a bounded queue.

namespace ece465::labs {

struct ProdconOptions {
  int producers = 1, consumers = 3;
  std::size_t capacity = 10;
  DurationRange produce{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};
  DurationRange consume{std::chrono::seconds(1), std::chrono::seconds(2)};
  std::uint64_t jobs = 0;                ///< ends after this many jobs; 0: no limit
  std::chrono::nanoseconds duration{0};  ///< producing stops after this time, the queue is drained; 0: no limit
  std::uint64_t seed = 1;
};

struct ProdconHooks {
  /// A line of output, without newline; from any thread. May be empty.
  std::function<void(std::string_view line)> on_line{};
};

/// From `at` on, `depth` jobs were queued.
struct QueueDepth {
  std::chrono::nanoseconds at{};
  std::size_t depth = 0;
};

struct ProdconReport {
  enum class End : std::uint8_t { jobs, duration, interrupted };
  End end = End::jobs;
  std::chrono::nanoseconds elapsed{};
  std::uint64_t produced = 0, consumed = 0;
  std::uint64_t left = 0;  ///< queued when it was interrupted
  std::vector<std::uint64_t> by_producer, by_consumer;
  double mean_depth = 0;
  std::size_t peak_depth = 0;
  double full_fraction = 0, empty_fraction = 0;                          ///< of the time
  std::chrono::nanoseconds waited_median{}, waited_p99{}, waited_max{};  ///< of jobs in the queue
  std::vector<QueueDepth> depths;  ///< every change, or every second, fourth, ... if there are many
};

/// Runs until it ends. Checks that every job was consumed exactly once or is left in the queue, and fails with
/// `internal` if not; fails with `io` for lack of threads.
[[nodiscard]] Result<ProdconReport> run_prodcon(const ProdconOptions& options, const ProdconHooks& hooks,
                                                std::stop_token stop);

}  // namespace ece465::labs
