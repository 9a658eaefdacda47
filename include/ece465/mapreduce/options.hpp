#pragma once

#include <cstdint>

#include "ece465/mapreduce/types.hpp"

namespace ece465::mapreduce {

/// How much is handed out, and how patient the master is.
struct SchedulerOptions {
  // --- Credit ---

  /// Bytes in flight to all workers together. Covers the master's link (1 GB/s for a quarter of a second); more
  /// would only wait in its send buffers and make every worker look slow.
  std::uint64_t total_credit_bytes = std::uint64_t{256} << 20;
  /// The most that one worker's claims count for.
  std::uint64_t max_worker_credit_bytes = std::uint64_t{16} << 20;
  std::uint64_t max_worker_keep_bytes = std::uint64_t{4} << 30;

  // --- The master as a worker ---

  /// Strips it does at once; at least 1, so that every job ends.
  std::uint32_t local_slots = 1;
  /// It takes its share at all times, not only when no worker can.
  bool local_helps = false;
  /// When workers cannot keep all of a job, the master counts along, and while they apply what they kept, it applies
  /// what nobody keeps: to send that out would carry its pixels over the link for a table look-up, and twice if a
  /// worker counted them. It is what keeps a job near two bytes a sample.
  bool local_spares_link = true;
  /// After so many attempts came to nothing in one phase, only the master tries a strip.
  std::uint32_t max_misses = 4;

  // --- Deadlines ---

  /// How long an attempt should take while nothing is known of its worker, or of any.
  Duration first_expectation = std::chrono::milliseconds(2500);
  /// An attempt is late after `patience` times what it should take, within these bounds ...
  int patience = 4;
  Duration min_patience = std::chrono::seconds(2);
  Duration max_patience = std::chrono::seconds(60);
  /// ... and its worker is given up after this many times that.
  int last_patience = 3;

  // --- Speculation and stealing ---

  /// A strip that takes this many times as long as usual is worth a second attempt on an idle worker,
  int straggler_factor = 2;
  /// unless there is less than this to gain. Below, the extra bytes cost more than they save.
  Duration worthwhile = std::chrono::milliseconds(100);

  // --- Silence ---

  /// A worker that promised heartbeats is pinged this often ...
  Duration heartbeat = std::chrono::seconds(5);
  /// ... and given up when nothing came from it for so many of them. A worker without heartbeats has deadlines only.
  int missed_heartbeats = 3;

  // --- Trust ---

  /// After its first lie or failure a worker gets nothing for this long; after each further one twice as long.
  Duration quarantine = std::chrono::seconds(2);
  Duration max_quarantine = std::chrono::seconds(60);
  /// Lies on one connection, and failures in a row, before it is closed.
  std::uint32_t max_lies = 3;
  std::uint32_t max_failures = 6;
};

}  // namespace ece465::mapreduce
