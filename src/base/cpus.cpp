#include "ece465/base/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace ece465 {
namespace {

/// Processors granted by one cgroup's cpu.max ("200000 100000", "max 100000"), rounded up; 0 if there is no limit.
unsigned granted(const std::filesystem::path& cgroup) {
  std::ifstream file(cgroup / "cpu.max");
  std::uint64_t quota = 0, period = 0;
  if (!(file >> quota >> period) || period == 0) return 0;
  return static_cast<unsigned>(std::clamp<std::uint64_t>((quota + period - 1) / period, 1, 1U << 16));
}

}  // namespace

unsigned usable_cpus() {
  cpu_set_t allowed;
  unsigned cpus = 0;
  // Fails on machines with more than CPU_SETSIZE (1024) processors.
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) cpus = static_cast<unsigned>(CPU_COUNT(&allowed));
  if (cpus == 0) cpus = std::max(1U, std::thread::hardware_concurrency());

  // "0::/path" is the process's cgroup (v2); it and each of its parents may have a limit.
  std::ifstream self("/proc/self/cgroup");
  for (std::string line; std::getline(self, line);) {
    if (!line.starts_with("0::/")) continue;
    const std::filesystem::path root = "/sys/fs/cgroup";
    for (auto at = std::filesystem::path(line.substr(3)).relative_path();; at = at.parent_path()) {
      if (const unsigned limit = granted(root / at); limit > 0) cpus = std::min(cpus, limit);
      if (at.empty()) break;
    }
  }
  return cpus;
}

}  // namespace ece465
