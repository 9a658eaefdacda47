#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/labs/dine.hpp"

/// Producers and consumers around a queue that holds only so much.

namespace ece465::labs {

struct ProdconOptions {
  int producers = 1, consumers = 3;
  std::size_t capacity = 10;
  Span produce{std::chrono::milliseconds(500), std::chrono::milliseconds(1500)};
  Span consume{std::chrono::seconds(1), std::chrono::seconds(2)};
  std::uint64_t jobs = 0;                ///< ends after so many were made and done; 0: never
  std::chrono::nanoseconds duration{0};  ///< nothing more is made after so long, what is queued is done; 0: for ever
  std::uint64_t seed = 1;
};

struct ProdconHooks {
  /// One line, without its newline; from any thread. Empty: nobody listens.
  std::function<void(std::string_view line)> say{};
};

/// From `at` on so many jobs were queued.
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
  std::size_t most_depth = 0;
  double full_fraction = 0, empty_fraction = 0;                                   ///< of the time
  std::chrono::nanoseconds waited_median{}, waited_p99{}, waited_max{};  ///< of jobs in the queue
  std::vector<QueueDepth> depths;  ///< every change, or every second, fourth... of them when there are many
};

/// Runs to its end. Every job that was made is done once, or is left: that is looked at, and a breach is an error
/// (`internal`). Fails with `io` when there are no more threads.
[[nodiscard]] Result<ProdconReport> run_prodcon(const ProdconOptions& options, const ProdconHooks& hooks,
                                                std::stop_token stop);

}  // namespace ece465::labs
