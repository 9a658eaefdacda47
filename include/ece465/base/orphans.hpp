#pragma once

#include <sys/types.h>

#include <functional>

namespace ece465 {

/// Whether orphaned processes become children of this process, as they do when it is process 1 of a container (left
/// over from a shell, or from a probe that timed out). Unless they are reaped, they stay zombies and fill the process
/// table.
[[nodiscard]] bool adopts_orphans();

/// For commands that start no processes: makes the system reap orphans. Does nothing unless `adopts_orphans()`.
void ignore_sigchld();

/// For commands that start processes: reaps orphans that have ended; call it periodically. `own` tells whether an ended
/// process was started by this command, which then waits for it; it must know a process from its start on.
void reap_orphans(const std::function<bool(pid_t)>& own);

}  // namespace ece465
