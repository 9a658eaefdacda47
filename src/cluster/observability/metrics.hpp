#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ece465/mapreduce/types.hpp"
#include "model/job.hpp"

namespace ece465::cluster {

/// Counters for Prometheus (/metrics). On the loop's thread.
class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A job has ended; `took`: from its acceptance to its end.
  void job_ended(JobState state, std::chrono::nanoseconds took);
  /// Strips merged in a phase.
  void strips_done(mapreduce::Phase phase, std::uint64_t n = 1);
  /// Strips assigned again after a failure, and answers that arrived second.
  void strips_retried(std::uint64_t n = 1);
  void strips_duplicated(std::uint64_t n = 1);
  /// Invalid answers of workers.
  void invalid_results(std::uint64_t n = 1);
  /// Bytes sent to and received from workers.
  void bytes_sent(std::uint64_t n);
  void bytes_received(std::uint64_t n);
  void worker_joined();
  /// `reason` is a label, so it must be one of few words: "left", "lost".
  void worker_lost(std::string_view reason);
  void uploaded(std::uint64_t bytes);
  /// An HTTP request has been answered.
  void request(std::string_view method, int status, std::chrono::nanoseconds took);

  /// Current values, which the caller knows.
  struct Now {
    std::size_t workers = 0;
    std::size_t jobs_queued = 0, jobs_running = 0;
    std::size_t http_connections = 0;
    std::size_t subscribers = 0;  ///< of events
  };
  /// The metrics in Prometheus' text format.
  [[nodiscard]] std::string text(const Now& now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::cluster
