#pragma once

#include <cstdint>

#include "ece465/base/result.hpp"

namespace ece465::labs {

/// Raises this process's open-file limit to at least `count`. Fails with `usage` if the hard limit is lower and cannot
/// be raised.
[[nodiscard]] Result<void> raise_open_file_limit(std::uint64_t count);

struct ResourceUsage {
  std::uint64_t voluntary_switches = 0, forced_switches = 0;
  std::uint64_t peak_memory_bytes = 0;
};
[[nodiscard]] ResourceUsage own_usage();
/// Of children that were reaped; their peak memory is that of the largest.
[[nodiscard]] ResourceUsage children_usage();
/// Resident memory of this process.
[[nodiscard]] std::uint64_t resident_bytes();
/// Memory of another process that it shares with no other; 0 if there is no such process.
[[nodiscard]] std::uint64_t private_bytes(int process);

}  // namespace ece465::labs
