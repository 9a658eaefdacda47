#include "ece465/base/orphans.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace ece465 {

bool adopts_orphans() { return ::getpid() == 1; }

void ignore_sigchld() {
  // The system then reaps all children, including any that this process would wait for.
  if (adopts_orphans()) std::signal(SIGCHLD, SIG_IGN);
}

void reap_orphans(const std::function<bool(pid_t)>& own) {
  for (;;) {
    siginfo_t ended{};
    // WNOWAIT: a process of our own is left to the code that waits for it. Until then it hides the orphans behind it.
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0 || own(ended.si_pid)) return;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace ece465
