#include "resources.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace ece465::labs {
namespace {

ResourceUsage usage_of(int who) {
  rusage usage{};
  if (::getrusage(who, &usage) != 0) return {};
  return {static_cast<std::uint64_t>(usage.ru_nvcsw), static_cast<std::uint64_t>(usage.ru_nivcsw),
          static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

}  // namespace

Result<void> raise_open_file_limit(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return {};
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = count;
  limit.rlim_max = std::max<rlim_t>(hard, count);  // privileged processes may raise the hard limit
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  limit.rlim_cur = limit.rlim_max = hard;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  return fail(Errc::usage, "{} open files are needed, but the limit is {}; raise it with 'ulimit -n'", count, hard);
}

ResourceUsage own_usage() { return usage_of(RUSAGE_SELF); }
ResourceUsage children_usage() { return usage_of(RUSAGE_CHILDREN); }

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident_pages = 0;
  file >> size >> resident_pages;
  return file ? resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t private_bytes(int process) {
  // Not statm: it counts pages that a forked process still shares with its parent.
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process));
  std::uint64_t sum = 0;
  for (std::string word; file >> word;) {
    std::uint64_t kilobytes = 0;
    if ((word == "Private_Clean:" || word == "Private_Dirty:") && file >> kilobytes) sum += kilobytes * 1024;
  }
  return sum;
}

}  // namespace ece465::labs
