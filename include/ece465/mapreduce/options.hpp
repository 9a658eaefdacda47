#pragma once

#include <cstdint>

#include "ece465/mapreduce/types.hpp"

namespace ece465::mapreduce {

/// Limits, deadlines and policies of the scheduler.
struct SchedulerOptions {
  // --- Credit ---

  /// Bytes in flight to all workers together. Covers the master's link (1 GB/s for a quarter of a second). More would
  /// only wait in its send buffers and make every worker look slow.
  std::uint64_t total_credit_bytes = std::uint64_t{256} << 20;
  /// Caps on what a single worker offers.
  std::uint64_t max_worker_credit_bytes = std::uint64_t{16} << 20;
  std::uint64_t max_worker_keep_bytes = std::uint64_t{4} << 30;

  // --- The master as a worker ---

  /// Strips that it processes concurrently. At least 1, so that every job ends.
  std::uint32_t local_slots = 1;
  /// It takes its share at all times, not only when no worker can.
  bool local_helps = false;
  /// If the workers cannot keep a whole job, the master processes strips too: it counts in the map phase, and in the
  /// apply phase it maps the strips that no worker keeps. Sending those costs their pixels over the link for a table
  /// look-up, and twice if a worker counted them. Limits a job's traffic to about two bytes per sample.
  bool local_saves_transfers = true;
  /// After this many failed attempts in one phase, only the master tries a strip.
  std::uint32_t max_failed_attempts = 4;

  // --- Deadlines ---

  /// Expected duration of an attempt while the throughput of its worker is unknown.
  Duration initial_estimate = std::chrono::milliseconds(2500);
  /// An attempt is late after `deadline_factor` times its expected duration, within these bounds.
  int deadline_factor = 4;
  Duration min_deadline = std::chrono::seconds(2);
  Duration max_deadline = std::chrono::seconds(60);
  /// Its worker is closed after this many times that.
  int close_factor = 3;

  // --- Speculation and stealing ---

  /// A strip that takes this many times the usual time gets a second attempt on an idle worker,
  int straggler_factor = 2;
  /// unless it would gain less than this: then the extra bytes cost more than they save.
  Duration min_gain = std::chrono::milliseconds(100);

  // --- Silence ---

  /// Interval at which workers with heartbeats are pinged.
  Duration heartbeat = std::chrono::seconds(5);
  /// A worker is closed when nothing was received from it for this many intervals. A worker without heartbeats has
  /// deadlines only.
  int max_missed_heartbeats = 3;

  // --- Trust ---

  /// A worker gets no work for this long after its first invalid result or failure. The time doubles with each further
  /// one.
  Duration quarantine = std::chrono::seconds(2);
  Duration max_quarantine = std::chrono::seconds(60);
  /// Invalid results on one connection, and failures in a row, before it is closed.
  std::uint32_t max_invalid_results = 3;
  std::uint32_t max_failures = 6;
};

}  // namespace ece465::mapreduce
