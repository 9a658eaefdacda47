#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "table_watch.hpp"

namespace ece465::labs {

/// Detects deadlocks. A philosopher that wants a fork waits for its holder; a cycle of waiting is a deadlock.
///
/// Philosophers keep acting while the graph is read, so one reading may show a cycle that never existed. A cycle counts
/// if each of its members has waited for the same fork from one reading to the next without interruption: while it
/// waits it returns no fork, so all edges seen in between existed at the same time.
class WaitForGraph {
 public:
  explicit WaitForGraph(int philosophers) : wants_(static_cast<std::size_t>(philosophers)) {}

  /// Philosopher i starts waiting for a fork, and stops when it has it or gives up. On i's own thread.
  void begins(int i, int fork) {
    Want& want = wants_[static_cast<std::size_t>(i)];
    want.packed.store((++want.waits << 16U) | (static_cast<std::uint64_t>(fork) + 1));
  }
  void ends(int i) { wants_[static_cast<std::size_t>(i)].packed.store(0); }

  /// Reads the graph; returns a cycle confirmed since the last call, its lowest number first. On one thread.
  [[nodiscard]] std::optional<std::vector<int>> find_cycle(const TableWatch& table);

 private:
  struct alignas(64) Want {
    std::atomic<std::uint64_t> packed{0};  ///< `waits` and the fork + 1; 0: not waiting
    std::uint64_t waits = 0;               ///< how often it has waited
  };
  struct Reading {
    std::uint64_t packed = 0;
    int holder = -1;
  };

  std::vector<Want> wants_;
  std::vector<Reading> last_;
};

}  // namespace ece465::labs
