#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill, sigprocmask are POSIX
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "coordinator.hpp"
#include "dinner.hpp"
#include "ece465/base/descriptor.hpp"
#include "ece465/base/orphans.hpp"
#include "random.hpp"
#include "resources.hpp"

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;

/// Time for philosophers to leave before they are killed, e.g. if stopped by SIGSTOP.
constexpr auto kLeaveTimeout = std::chrono::seconds(2);
/// Memory is averaged over this many philosophers; they are all alike.
constexpr std::size_t kMeasured = 32;
/// File descriptors of a philosopher's pipes.
constexpr int kIn = 3, kOut = 4, kFirstFree = 5;

std::string error_text() { return std::generic_category().message(errno); }

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// The child process's part: thinks, and requests forks from the coordinator, until it has had its meals or the
/// coordinator closes the pipe.
class Philosopher {
 public:
  Philosopher(const DineOptions& options, int i, bool print)
      : options_(options), i_(i), random_(options.seed, static_cast<std::uint64_t>(i)) {
    if (print) {
      // One write per line, so that the lines of many processes do not mix. Write errors are ignored: the coordinator
      // notices a closed standard output itself.
      hooks_.on_line = [](std::string_view line) { (void)write_all(STDOUT_FILENO, std::string(line) + "\n"); };
    }
  }

  void live() {
    const auto seated = receive();
    if (!seated || seated->action != Action::seated) return;
    for (std::uint64_t meals = 0; options_.meals == 0 || meals < options_.meals;) {
      print(hooks_, phrases_, i_, phrases_.thinking);
      if (!sleep(random_.between(options_.think.min, options_.think.max))) return;
      print(hooks_, phrases_, i_, phrases_.requesting);
      if (!send(Action::request)) return;
      const auto answer = receive();
      if (!answer) return;
      if (answer->action != Action::approved) {
        ::sched_yield();
        continue;
      }
      print(hooks_, phrases_, i_, phrases_.eating);
      const bool stay = sleep(random_.between(options_.eat.min, options_.eat.max));
      print(hooks_, phrases_, i_, phrases_.returning);
      if (!send(Action::returned) || !stay) return;
      ++meals;
    }
  }

 private:
  bool send(Action action) { return write_all(kOut, encode({.action = action, .pid = i_})); }

  /// Nothing: the coordinator closed the pipe.
  std::optional<Message> receive() {
    for (;;) {
      const std::string_view held(buffer_.data(), held_);
      if (const auto end = held.find('\n'); end != std::string_view::npos) {
        const auto message = decode(held.substr(0, end));
        held_ -= end + 1;
        std::memmove(buffer_.data(), buffer_.data() + end + 1, held_);
        return message;
      }
      const ssize_t n = ::read(kIn, buffer_.data() + held_, buffer_.size() - held_);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      held_ += static_cast<std::size_t>(n);
    }
  }

  /// False: the coordinator closed the pipe. It sends nothing unasked.
  [[nodiscard]] static bool sleep(std::chrono::nanoseconds time) {
    if (time.count() <= 0) return true;
    const auto end = Clock::now() + time;
    for (;;) {
      const auto left = std::max(end - Clock::now(), Clock::duration::zero());
      timespec limit{};
      limit.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
      limit.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
      pollfd ready{kIn, POLLIN, 0};
      const int n = ::ppoll(&ready, 1, &limit, nullptr);
      if (n < 0 && errno == EINTR) continue;
      return n == 0;
    }
  }

  const DineOptions& options_;
  const Phrases phrases_ = phrases_of(DineMode::ipc);
  DineHooks hooks_;
  int i_;
  Random random_;
  std::array<char, 2 * kMaxMessageBytes> buffer_{};
  std::size_t held_ = 0;
};

struct Child {
  pid_t pid = -1;  ///< -1: reaped
  Descriptor to, from;
  std::string unread;  ///< an incomplete line
};

/// Sets up signals and descriptors of the child process; the pipes end up as kIn and kOut.
void prepare_child(pid_t parent, int in, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // the parent died before prctl
  // A Ctrl-C in a terminal reaches all processes: the coordinator decides, and closes the pipes.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Closes the other philosophers' pipes, which are inherited: while they are open here, no reader sees their end.
  const int high_in = ::fcntl(in, F_DUPFD, kFirstFree), high_out = ::fcntl(out, F_DUPFD, kFirstFree);
  ::dup2(high_in, kIn);
  ::dup2(high_out, kOut);
  ::close_range(kFirstFree, ~0U, 0);
}

/// The coordinator and its philosophers.
class ProcessTable final : public ForkedPhilosophers {
 public:
  explicit ProcessTable(const DineOptions& options)
      : options_(options),
        dinner_(options_, hooks_),
        coordinator_(dinner_.table, options.on_busy, [this](int i, const Message& message) { send(i, message); }) {}

  ~ProcessTable() override { reap_all(); }

  Result<void> start(bool print) {
    const auto n = static_cast<std::size_t>(options_.philosophers);
    constexpr std::uint64_t kOthers = 64;
    if (auto raised = raise_open_file_limit(2 * n + kOthers); !raised) {
      return within(fmt::format("--philosophers {}", n), raised.error());
    }
    const pid_t parent = ::getpid();
    children_.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      std::array<int, 2> down{-1, -1}, up{-1, -1};
      if (::pipe2(down.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot make a pipe: {}", error_text());
      Child child;
      const Descriptor in(down[0]);
      child.to = Descriptor(down[1]);
      if (::pipe2(up.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot make a pipe: {}", error_text());
      child.from = Descriptor(up[0]);
      const Descriptor out(up[1]);
      child.pid = ::fork();
      if (child.pid < 0) return fail(Errc::io, "cannot start process {} of {}: {}", i + 1, n, error_text());
      if (child.pid == 0) {
        prepare_child(parent, in.get(), out.get());
        Philosopher(options_, static_cast<int>(i), print).live();
        ::_exit(0);
      }
      ::fcntl(child.from.get(), F_SETFL, O_NONBLOCK);
      ::fcntl(child.to.get(), F_SETFL, O_NONBLOCK);
      children_.push_back(std::move(child));
    }
    return {};
  }

  Result<DineReport> dine(const DineHooks& hooks, std::stop_token stop) override {
    hooks_ = hooks;
    const Descriptor events(::epoll_create1(EPOLL_CLOEXEC));
    const Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!events || !wake) return fail(Errc::io, "cannot wait for philosophers: {}", error_text());
    constexpr std::uint32_t kWake = 0xFFFFFFFF;
    const auto watch = [&](int descriptor, std::uint32_t name) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = name;
      ::epoll_ctl(events.get(), EPOLL_CTL_ADD, descriptor, &event);
    };
    watch(wake.get(), kWake);
    for (std::size_t i = 0; i < children_.size(); ++i) watch(children_[i].from.get(), static_cast<std::uint32_t>(i));
    const std::stop_callback when_stopped(stop, [&wake] {
      const std::uint64_t one = 1;
      (void)!::write(wake.get(), &one, sizeof(one));
    });

    dinner_.begin();
    left_ = static_cast<int>(children_.size());
    for (int i = 0; i < options_.philosophers; ++i) coordinator_.seat(i);
    std::uint64_t memory = 0;
    bool measured = false;
    std::optional<Clock::time_point> kill_at;
    std::array<epoll_event, 256> ready{};
    while (left_ > 0) {
      if (!kill_at && dinner_.poll(stop)) {
        kill_at = Clock::now() + kLeaveTimeout;
        for (Child& child : children_) child.to.reset();
      }
      if (kill_at && Clock::now() >= *kill_at) break;  // reap_all kills the rest
      if (adopts_orphans()) {
        reap_orphans([this](pid_t pid) { return std::ranges::find(children_, pid, &Child::pid) != children_.end(); });
      }
      // Measured once all are running and have copied the pages they write to.
      if (!measured && dinner_.table.since_start() > std::chrono::milliseconds(50)) {
        memory = mean_memory();
        measured = true;
      }
      const auto until = kill_at.value_or(dinner_.deadline());
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      const int limit = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 50));
      const int n = ::epoll_wait(events.get(), ready.data(), static_cast<int>(ready.size()), limit);
      for (int k = 0; k < n; ++k) {
        const std::uint32_t name = ready[static_cast<std::size_t>(k)].data.u32;
        if (name != kWake) {
          receive(static_cast<int>(name));
        } else {
          std::uint64_t count = 0;
          (void)!::read(wake.get(), &count, sizeof(count));
        }
      }
    }
    if (!measured) memory = mean_memory();
    reap_all();
    DineReport report = dinner_.finish();
    const ResourceUsage usage = children_usage();
    report.voluntary_switches += usage.voluntary_switches;
    report.forced_switches += usage.forced_switches;
    report.memory_per_philosopher += memory;
    return report;
  }

 private:
  Child& child(int i) { return children_[static_cast<std::size_t>(i)]; }

  void send(int i, const Message& message) {
    // Each philosopher has at most one unread message, and a pipe holds thousands: this never blocks.
    const std::string line = encode(message);
    if (child(i).to) (void)!::write(child(i).to.get(), line.data(), line.size());
  }

  void receive(int i) {
    Child& sender = child(i);
    std::array<char, 4 * kMaxMessageBytes> buffer{};
    const ssize_t n = ::read(sender.from.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return lost(i);
    sender.unread.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = sender.unread.find('\n'); end != std::string::npos; end = sender.unread.find('\n', begin)) {
      const auto message = decode(std::string_view(sender.unread).substr(begin, end - begin));
      begin = end + 1;
      if (!message || !coordinator_.handle(i, message->action)) return lost(i);
    }
    sender.unread.erase(0, begin);
    if (sender.unread.size() > kMaxMessageBytes) lost(i);
  }

  /// Philosopher `i` has ended or sent an invalid message: returns its forks.
  void lost(int i) {
    if (child(i).pid < 0) return;
    const int status = reap(child(i));
    const bool early = !dinner_.stopping() && !dinner_.has_finished(i);
    if (early && hooks_.on_warning) {
      const std::string how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                                  : fmt::format("ended with exit code {}", WEXITSTATUS(status));
      hooks_.on_warning(
          fmt::format("philosopher {} {}{}", i, how, coordinator_.is_eating(i) ? "; its forks were returned" : ""));
    }
    --left_;
    coordinator_.remove(i, early);
  }

  /// Kills the process, unless it has ended already, and returns its wait status.
  static int reap(Child& ended) {
    ended.to.reset();
    ended.from.reset();
    ::kill(ended.pid, SIGKILL);
    int status = 0;
    while (::waitpid(ended.pid, &status, 0) < 0 && errno == EINTR) {
    }
    ended.pid = -1;
    return status;
  }

  void reap_all() {
    for (Child& child : children_) {
      if (child.pid >= 0) (void)reap(child);
    }
  }

  [[nodiscard]] std::uint64_t mean_memory() const {
    std::uint64_t sum = 0, count = 0;
    for (std::size_t i = 0; i < std::min(children_.size(), kMeasured); ++i) {
      if (children_[i].pid < 0) continue;
      sum += private_bytes(children_[i].pid);
      ++count;
    }
    return count == 0 ? 0 : sum / count;
  }

  DineOptions options_;
  DineHooks hooks_;
  Dinner dinner_;
  Coordinator coordinator_;
  std::vector<Child> children_;
  int left_ = 0;
};

}  // namespace

Result<std::unique_ptr<ForkedPhilosophers>> ForkedPhilosophers::start(const DineOptions& options, bool print) {
  auto table = std::make_unique<ProcessTable>(options);
  ECE465_TRY(table->start(print));
  return table;
}

}  // namespace ece465::labs
