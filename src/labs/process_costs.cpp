#include "process_costs.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace ece465::labs {
namespace {

ProcessCosts costs_of(int who) {
  rusage usage{};
  if (::getrusage(who, &usage) != 0) return {};
  return {static_cast<std::uint64_t>(usage.ru_nvcsw), static_cast<std::uint64_t>(usage.ru_nivcsw),
          static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
}

struct Pages {
  std::uint64_t resident = 0, shared = 0;
};

Pages pages_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/statm");
  std::uint64_t size = 0;
  Pages pages;
  file >> size >> pages.resident >> pages.shared;
  return file ? pages : Pages();
}

std::uint64_t bytes(std::uint64_t pages) { return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

ProcessCosts own_costs() { return costs_of(RUSAGE_SELF); }
ProcessCosts children_costs() { return costs_of(RUSAGE_CHILDREN); }
std::uint64_t resident_bytes() { return bytes(pages_of("self").resident); }

std::uint64_t private_bytes(int process) {
  // A forked process counts pages it has in common with its parent among its own, so smaps is asked and not statm.
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process));
  std::uint64_t sum = 0;
  for (std::string word; file >> word;) {
    std::uint64_t kilobytes = 0;
    if ((word == "Private_Clean:" || word == "Private_Dirty:") && file >> kilobytes) sum += kilobytes * 1024;
  }
  return sum;
}

}  // namespace ece465::labs
