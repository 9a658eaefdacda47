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

constexpr int kCannotRun = 127;  // what shells say of a program that is not there

/// Starts a process, in a group of its own; -1 and errno when that fails. fork and not posix_spawn, which cannot set
/// the signal of death. Other threads exist, so that the child calls nothing that POSIX does not allow there: no memory
/// is allocated between fork and exec.
pid_t start_process(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // A signal between fork and exec would run this process's handlers in the child: none comes before it has its own.
  sigset_t all, before, none;
  sigfillset(&all);
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);  // it died before it could be told of
    ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(kCannotRun);
  }
  const int code = errno;
  if (child > 0) ::setpgid(child, child);  // both do: whoever is first
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = code;
  return child;
}

std::string how_it_ended(const siginfo_t& info) {
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

  /// Whether this is its process, which it awaits the end of.
  bool is(pid_t process) {
    const std::scoped_lock lock(mutex_);
    return process_ == process;
  }

  void ask_to_end() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    if (process_ > 0) ::kill(-process_, SIGTERM);
  }

  /// Waits for its end until `deadline`, then makes it.
  void end_by(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, deadline, [this] { return finished_; })) return;
    logger_.warn("worker process does not end: killed", {{"worker", command_.id}});
    if (process_ > 0) ::kill(-process_, SIGKILL);
  }

 private:
  void keep_running() {
    for (auto pause = limits_.first_pause; start();) {
      const auto since = Clock::now();
      const siginfo_t info = wait_for_end();
      const auto lived = Clock::now() - since;
      if (lived >= limits_.longest_pause) pause = limits_.first_pause;
      if (!rest(pause, info)) break;
      pause = std::min(pause * 2, limits_.longest_pause);
    }
    const std::scoped_lock lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

  /// False: no more are wanted.
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
    // Not taken off the system's list yet: whoever kills it under the lock must not hit a stranger with its number.
    while (::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    const std::scoped_lock lock(mutex_);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return info;
  }

  /// The pause before the next start; false: none is to follow.
  bool rest(std::chrono::milliseconds pause, const siginfo_t& info) {
    std::unique_lock lock(mutex_);
    if (stopping_) return false;
    if (info.si_pid != 0) {
      logger_.warn(
          "worker process ended",
          {{"worker", command_.id}, {"pid", info.si_pid}, {"how", how_it_ended(info)}, {"again_in_ms", pause.count()}});
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
  std::thread thread_;  // the last: it uses all of the above
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
  std::condition_variable_any time;
  std::unique_lock lock(mutex);
  while (!time.wait_for(lock, stop, limits_.orphans_pause, [&stop] { return stop.stop_requested(); })) {
    reap_orphans([this](pid_t process) {
      return std::ranges::any_of(children_, [process](const auto& child) { return child->is(process); });
    });
  }
}

ChildWorkers::~ChildWorkers() {
  for (const auto& child : children_) child->ask_to_end();
  const auto deadline = Clock::now() + limits_.stop_limit;
  for (const auto& child : children_) child->end_by(deadline);
}

}  // namespace ece465::cli
