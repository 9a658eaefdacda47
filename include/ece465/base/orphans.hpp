#pragma once

#include <sys/types.h>

#include <functional>

namespace ece465 {

/// Whether processes that have lost their parent become this one's, as they do where it is the first one of a container
/// (a shell's leftovers, a probe's whose time was up). Nobody would wait for them, and when they end their entries
/// would stay in the system's list, which has an end.
[[nodiscard]] bool adopts_orphans();

/// For commands that start no processes: lets such processes go. Does nothing where there are none.
void ignore_sigchld();

/// For commands that do, to be called now and then where there are some: lets those go that have ended. `own` says of a
/// process whether it was started here, and somebody awaits its end; it is asked about such as have ended, and must
/// know of a process from its start on.
void reap_orphans(const std::function<bool(pid_t)>& own);

}  // namespace ece465
