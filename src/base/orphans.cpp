#include "ece465/base/orphans.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace ece465 {

bool adopts_orphans() { return ::getpid() == 1; }

void ignore_sigchld() {
  // The system then takes them off its list by itself. It would do so with children, too, whose end somebody awaits.
  if (adopts_orphans()) std::signal(SIGCHLD, SIG_IGN);
}

void reap_orphans(const std::function<bool(pid_t)>& own) {
  for (;;) {
    siginfo_t ended{};
    // Only looked at: an own one is left to whoever awaits it. It hides those behind it until then.
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 || own(ended.si_pid)) return;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace ece465
