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

  /// A job is over; `took` from its acceptance to its end.
  void job_ended(JobState state, std::chrono::nanoseconds took);
  /// Strips merged in a phase.
  void strips_done(mapreduce::Phase phase, std::uint64_t n = 1);
  /// Strips handed out again after a failure, and answers that came second.
  void strips_retried(std::uint64_t n = 1);
  void strips_duplicated(std::uint64_t n = 1);
  /// Answers that were wrong.
  void invalid_results(std::uint64_t n = 1);
  /// Bytes on the sockets of workers.
  void bytes_sent(std::uint64_t n);
  void bytes_received(std::uint64_t n);
  void worker_joined();
  /// `reason`: one word out of few ("left", "closed", "silent", "garbage"): it is a label.
  void worker_lost(std::string_view reason);
  void uploaded(std::uint64_t bytes);
  /// A request was answered.
  void request(std::string_view method, int status, std::chrono::nanoseconds took);

  /// What only the moment of asking can tell.
  struct Now {
    std::size_t workers = 0;
    std::size_t jobs_queued = 0, jobs_running = 0;
    std::size_t connections = 0;  ///< of HTTP
    std::size_t viewers = 0;      ///< of events
  };
  /// The metrics in Prometheus' text format.
  [[nodiscard]] std::string text(const Now& now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ece465::cluster
