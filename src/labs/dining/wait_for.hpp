#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "table_watch.hpp"

namespace ece465::labs {

/// Who waits for whom. Somebody who wants a fork waits for who holds it; a circle of waiting is a deadlock.
///
/// Philosophers come and go while the graph is looked at, so that one look may show a circle that never was. A circle
/// counts when all in it have waited for the same fork from one look to the next without a break: who waits puts
/// nothing back, so everything that was seen of them in between was true at once.
class WaitFor {
 public:
  explicit WaitFor(int philosophers) : wants_(static_cast<std::size_t>(philosophers)) {}

  /// Philosopher i begins to wait for a fork, and has it (or gave up). From i's own thread.
  void begins(int i, int fork) {
    Want& want = wants_[static_cast<std::size_t>(i)];
    want.packed.store((++want.times << 16U) | (static_cast<std::uint64_t>(fork) + 1));
  }
  void ends(int i) { wants_[static_cast<std::size_t>(i)].packed.store(0); }

  /// Looks once more; returns a circle, beginning with its lowest number, when there is one. From one thread.
  [[nodiscard]] std::optional<std::vector<int>> look(const TableWatch& table);

 private:
  struct alignas(64) Want {
    std::atomic<std::uint64_t> packed{0};  ///< how many waits there were, and the fork + 1; 0: waits for none
    std::uint64_t times = 0;
  };
  struct Look {
    std::uint64_t packed = 0;
    int holder = -1;
  };

  std::vector<Want> wants_;
  std::vector<Look> last_;
};

}  // namespace ece465::labs
