#include "child_workers.hpp"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill, pthread_sigmask are POSIX
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCannotRun = 127;  // the shell's exit code for a program that is not found

/// Starts a process in a group of its own; returns -1 and sets errno on failure. Uses fork, because posix_spawn cannot
/// set the parent-death signal. Other threads exist, so between fork and exec the child calls async-signal-safe
/// functions only.
pid_t start_process(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // Block signals until exec: they would run this process's handlers in the child.
  sigset_t all, before, none;
  sigfillset(&all);
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // the parent died before prctl
    ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(kCannotRun);
  }
  const int code = errno;
  if (child > 0) ::setpgid(child, child);  // in both processes: either may run first
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = code;
  return child;
}

std::string describe_end(const siginfo_t& info) {
  if (info.si_code != CLD_EXITED) return fmt::format("signal {}", info.si_status);
  if (info.si_status == kCannotRun) return "could not be run";
  return fmt::format("exit code {}", info.si_status);
}

}  // namespace

class ChildWorkers::Child {
 public:
  Child(ChildCommand command, Logger& logger, const ChildLimits& limits)
      : command_(std::move(command)), logger_(logger), limits_(limits), thread_([this] { keep_running(); }) {}
  ~Child() { thread_.join(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Whether `process` is this child, which has its own waiting thread.
  bool is(pid_t process) {
    const std::scoped_lock lock(mutex_);
    return process_ == process;
  }

  void terminate() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (process_ > 0) ::kill(-process_, SIGTERM);
  }

  /// Waits for the end until `deadline`, then kills.
  void kill_after(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, deadline, [this] { return finished_; })) return;
    logger_.warn("worker process does not end: killing it", {{"worker", command_.id}});
    if (process_ > 0) ::kill(-process_, SIGKILL);
  }

 private:
  void keep_running() {
    for (auto pause = limits_.first_pause; start();) {
      const auto since = Clock::now();
      const siginfo_t info = wait_for_end();
      const auto lived = Clock::now() - since;
      if (lived >= limits_.longest_pause) pause = limits_.first_pause;
      if (!wait_before_restart(pause, info)) break;
      pause = std::min(pause * 2, limits_.longest_pause);
    }
    const std::scoped_lock lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

  /// Returns false once stopping.
  bool start() {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    process_ = start_process(command_.arguments);
    if (process_ > 0) {
      logger_.info("worker process started", {{"worker", command_.id}, {"pid", process_}});
    } else {
      logger_.error("worker process cannot be started",
                    {{"worker", command_.id}, {"reason", std::generic_category().message(errno)}});
    }
    return true;
  }

  siginfo_t wait_for_end() {
    siginfo_t info{};
    pid_t process = 0;
    {
      const std::scoped_lock lock(mutex_);
      process = process_;
    }
    if (process <= 0) return info;
    // WNOWAIT keeps the process id reserved: a kill under the lock cannot hit another process that reuses it.
    while (::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    const std::scoped_lock lock(mutex_);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return info;
  }

  /// Pauses before the next start; returns false once stopping.
  bool wait_before_restart(std::chrono::milliseconds pause, const siginfo_t& info) {
    std::unique_lock lock(mutex_);
    if (stopping_) return false;
    if (info.si_pid != 0) {
      logger_.warn(
          "worker process ended",
          {{"worker", command_.id}, {"pid", info.si_pid}, {"how", describe_end(info)}, {"again_in_ms", pause.count()}});
    }
    return !changed_.wait_for(lock, pause, [this] { return stopping_; });
  }

  ChildCommand command_;
  Logger& logger_;
  const ChildLimits& limits_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  pid_t process_ = -1;
  bool stopping_ = false, finished_ = false;
  std::thread thread_;  // last: it uses the members above
};

ChildWorkers::ChildWorkers(std::vector<ChildCommand> commands, Logger& logger, ChildLimits limits) : limits_(limits) {
  for (auto& command : commands) {
    children_.push_back(std::make_unique<Child>(std::move(command), logger, limits_));
  }
  if (limits_.orphans_pause == std::chrono::milliseconds::max()) return;
  reaper_ = std::jthread([this](const std::stop_token& stop) { reap_adopted(stop); });
}

void ChildWorkers::reap_adopted(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any timer;
  std::unique_lock lock(mutex);
  while (!timer.wait_for(lock, stop, limits_.orphans_pause, [&stop] { return stop.stop_requested(); })) {
    reap_orphans([this](pid_t process) {
      return std::ranges::any_of(children_, [process](const auto& child) { return child->is(process); });
    });
  }
}

ChildWorkers::~ChildWorkers() {
  for (const auto& child : children_) child->terminate();
  const auto deadline = Clock::now() + limits_.stop_limit;
  for (const auto& child : children_) child->kill_after(deadline);
}

}  // namespace ece465::cli
