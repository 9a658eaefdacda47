#pragma once

#include <cstdint>

namespace ece465::labs {

/// What this process has cost so far.
struct ProcessCosts {
  std::uint64_t voluntary_switches = 0, forced_switches = 0;
  std::uint64_t peak_memory_bytes = 0;
};
[[nodiscard]] ProcessCosts own_costs();
/// The same of children that were waited for; their memory is that of the largest.
[[nodiscard]] ProcessCosts children_costs();
/// Bytes of memory in use now.
[[nodiscard]] std::uint64_t resident_bytes();
/// Bytes in use by another process that it shares with none; 0 when there is none of that number.
[[nodiscard]] std::uint64_t private_bytes(int process);

}  // namespace ece465::labs
