#include "open_files.hpp"

#include <sys/resource.h>

namespace ece465::labs {

Result<void> allow_open_files(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return {};
  if (limit.rlim_max < count) {
    return fail(Errc::usage, "a process may have only {} files open here, and {} are needed; raise it by 'ulimit -n'",
                limit.rlim_max, count);
  }
  limit.rlim_cur = count;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(Errc::usage, "cannot have {} files open", count);
  return {};
}

}  // namespace ece465::labs
