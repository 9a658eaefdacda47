#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill, sigprocmask are POSIX
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "dinner.hpp"
#include "fork_table.hpp"
#include "message.hpp"
#include "process_life.hpp"
#include "ece465/base/descriptor.hpp"
#include "ece465/base/orphans.hpp"
#include "open_files.hpp"

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;

/// How long philosophers have to leave when told to. One who is stopped (SIGSTOP) does not hear it.
constexpr auto kPatience = std::chrono::seconds(2);
/// Philosophers whose memory is looked at: they are all alike.
constexpr std::size_t kMeasured = 32;

std::string reason() { return std::generic_category().message(errno); }

struct Child {
  pid_t pid = -1;  ///< -1: reaped
  Descriptor to, from;
  std::string unread;  ///< less than a line
};

/// What the child does of itself before it is a philosopher.
void become_philosopher(pid_t parent, int in, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it died before it could be told of
  // Ctrl-C at a terminal reaches everybody: the coordinator decides, and its going is heard as the end of the pipe.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGTERM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // The other philosophers' pipes must not stay open here, or their ends would never be seen.
  constexpr int kIn = 3, kOut = 4, kFirstFree = 5;
  const int high_in = ::fcntl(in, F_DUPFD, kFirstFree), high_out = ::fcntl(out, F_DUPFD, kFirstFree);
  ::dup2(high_in, kIn);
  ::dup2(high_out, kOut);
  ::close_range(kFirstFree, ~0U, 0);
}

/// The coordinator and its philosophers.
class ProcessTable final : public ForkedPhilosophers {
 public:
  explicit ProcessTable(const DineOptions& options)
      : options_(options), dinner_(options_, hooks_), asked_(options.philosophers, options.on_busy) {}

  ~ProcessTable() override { send_home(); }

  Result<void> start(bool talk) {
    const auto n = static_cast<std::size_t>(options_.philosophers);
    constexpr std::uint64_t kOthers = 64;
    if (auto allowed = allow_open_files(2 * n + kOthers); !allowed) {
      return within(fmt::format("--philosophers {}", n), allowed.error());
    }
    const pid_t parent = ::getpid();
    children_.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      std::array<int, 2> down{-1, -1}, up{-1, -1};
      if (::pipe2(down.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot make a pipe: {}", reason());
      Child child;
      const Descriptor in(down[0]);
      child.to = Descriptor(down[1]);
      if (::pipe2(up.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot make a pipe: {}", reason());
      child.from = Descriptor(up[0]);
      const Descriptor out(up[1]);
      child.pid = ::fork();
      if (child.pid < 0) return fail(Errc::io, "only {} of {} philosophers got a process: {}", i, n, reason());
      if (child.pid == 0) {
        become_philosopher(parent, in.get(), out.get());
        live_as_process(options_, static_cast<int>(i), talk, 3, 4);
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
    if (!events || !wake) return fail(Errc::io, "cannot wait for philosophers: {}", reason());
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
    for (int i = 0; i < options_.philosophers; ++i) {
      dinner_.table.thinks(i);
      tell(i, {.action = Action::seated, .pid = i, .seats = options_.philosophers});
    }
    std::uint64_t memory = 0;
    bool measured = false;
    std::optional<Clock::time_point> give_up;
    std::array<epoll_event, 256> ready{};
    while (left_ > 0) {
      if (!give_up && dinner_.look(stop)) {
        give_up = Clock::now() + kPatience;
        for (Child& child : children_) child.to.reset();
      }
      if (give_up && Clock::now() >= *give_up) break;  // what is left is killed
      if (adopts_orphans()) {
        reap_orphans([this](pid_t pid) { return std::ranges::find(children_, pid, &Child::pid) != children_.end(); });
      }
      // Looked at when all have begun to work, not before they have copied what they write to.
      if (!measured && dinner_.table.since_start() > std::chrono::milliseconds(50)) {
        memory = memory_of_one();
        measured = true;
      }
      const auto until = give_up.value_or(dinner_.deadline());
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      const int limit = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 50));
      const int n = ::epoll_wait(events.get(), ready.data(), static_cast<int>(ready.size()), limit);
      for (int k = 0; k < n; ++k) {
        const std::uint32_t name = ready[static_cast<std::size_t>(k)].data.u32;
        if (name != kWake) {
          hear(static_cast<int>(name));
        } else {
          std::uint64_t count = 0;
          (void)!::read(wake.get(), &count, sizeof(count));
        }
      }
    }
    if (!measured) memory = memory_of_one();
    send_home();
    DineReport report = dinner_.finish();
    const ProcessCosts costs = children_costs();
    report.voluntary_switches += costs.voluntary_switches;
    report.forced_switches += costs.forced_switches;
    report.memory_per_philosopher += memory;
    return report;
  }

 private:
  Child& child(int i) { return children_[static_cast<std::size_t>(i)]; }

  void tell(int i, const Message& message) {
    // A philosopher has one message to read at a time, and a pipe room for thousands: this never waits.
    const std::string line = encode(message);
    if (child(i).to) (void)!::write(child(i).to.get(), line.data(), line.size());
  }

  /// Reads what philosopher `i` has said.
  void hear(int i) {
    Child& speaker = child(i);
    std::array<char, 4 * kMaxMessageBytes> buffer{};
    const ssize_t n = ::read(speaker.from.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return gone(i);
    speaker.unread.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = speaker.unread.find('\n'); end != std::string::npos; end = speaker.unread.find('\n', begin)) {
      const auto message = decode(std::string_view(speaker.unread).substr(begin, end - begin));
      begin = end + 1;
      if (!message || !heard(i, message->action)) return gone(i);
    }
    speaker.unread.erase(0, begin);
    if (speaker.unread.size() > kMaxMessageBytes) gone(i);
  }

  /// False: he said what makes no sense there.
  bool heard(int i, Action action) {
    if (action == Action::request) {
      dinner_.table.asks(i);
      switch (asked_.request(i)) {
        case ForkTable::Answer::approved: approve(i); return true;
        case ForkTable::Answer::queued: return true;
        case ForkTable::Answer::denied:
          dinner_.table.denied(i);
          dinner_.table.thinks(i);
          tell(i, {.action = Action::denied, .pid = i});
          return true;
        case ForkTable::Answer::wrong: return false;
      }
    }
    if (action != Action::returned || !asked_.eats(i)) return false;
    put_back(i);
    std::vector<int> approved;
    (void)asked_.give_back(i, approved);
    dinner_.table.thinks(i);
    for (const int other : approved) approve(other);
    return true;
  }

  void approve(int i) {
    dinner_.table.takes(i, dinner_.table.left_fork(i));
    dinner_.table.takes(i, dinner_.table.right_fork(i));
    dinner_.table.eats(i);
    tell(i, {.action = Action::approved, .pid = i});
  }

  void put_back(int i) {
    dinner_.table.stops_eating(i);
    dinner_.table.puts(i, dinner_.table.left_fork(i));
    dinner_.table.puts(i, dinner_.table.right_fork(i));
  }

  /// Philosopher `i` is no more, or is no use: whatever he held goes back.
  void gone(int i) {
    Child& lost = child(i);
    if (lost.pid < 0) return;
    const int status = reap(lost);
    const bool early = !dinner_.stopping() && !dinner_.had_enough(i);
    if (early && hooks_.note) {
      const std::string how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                                  : fmt::format("ended with exit code {}", WEXITSTATUS(status));
      hooks_.note(fmt::format("philosopher {} {}{}", i, how, asked_.eats(i) ? "; his forks are back" : ""));
    }
    if (asked_.eats(i)) put_back(i);
    dinner_.table.leaves(i, early);
    --left_;
    std::vector<int> approved;
    asked_.forget(i, approved);
    for (const int other : approved) approve(other);
  }

  /// Who has ended (or must) is waited for. A process that has ended is not changed by a signal.
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

  void send_home() {
    for (Child& child : children_) {
      if (child.pid >= 0) (void)reap(child);
    }
  }

  /// The mean of some.
  [[nodiscard]] std::uint64_t memory_of_one() const {
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
  ForkTable asked_;
  std::vector<Child> children_;
  int left_ = 0;
};

}  // namespace

Result<std::unique_ptr<ForkedPhilosophers>> ForkedPhilosophers::start(const DineOptions& options, bool talk) {
  auto table = std::make_unique<ProcessTable>(options);
  ECE465_TRY(table->start(talk));
  return table;
}

}  // namespace ece465::labs
