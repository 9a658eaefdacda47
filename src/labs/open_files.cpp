#include "open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace ece465::labs {

Result<void> allow_open_files(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return {};
  const rlim_t most = limit.rlim_max;
  limit.rlim_cur = count;
  limit.rlim_max = std::max<rlim_t>(most, count);  // beyond the hard limit: who has the right to may go on
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  limit.rlim_cur = limit.rlim_max = most;  // as many as may be
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  return fail(Errc::usage, "a process may have only {} files open here, and {} are needed; raise it by 'ulimit -n'",
              most, count);
}

}  // namespace ece465::labs
