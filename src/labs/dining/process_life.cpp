#include "process_life.hpp"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "message.hpp"
#include "words.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

class Philosopher {
 public:
  Philosopher(const DineOptions& options, int i, bool talk, int in, int out)
      : options_(options), i_(i), in_(in), out_(out), random_(options.seed, static_cast<std::uint64_t>(i)) {
    if (talk) {
      // One write for each line, so that the lines of many processes do not mix. Nobody is told when there is no
      // reader: the coordinator finds out by itself.
      hooks_.say = [](std::string_view line) { (void)write_all(STDOUT_FILENO, std::string(line) + "\n"); };
    }
  }

  void live() {
    const auto seated = answer();
    if (!seated || seated->action != Action::seated) return;
    for (std::uint64_t meals = 0; options_.meals == 0 || meals < options_.meals;) {
      say(hooks_, words_, i_, words_.thinking);
      if (!pause(random_.between(options_.think.least, options_.think.most))) return;
      say(hooks_, words_, i_, words_.requesting);
      if (!tell(Action::request)) return;
      const auto reply = answer();
      if (!reply) return;
      if (reply->action != Action::approved) {
        ::sched_yield();
        continue;
      }
      say(hooks_, words_, i_, words_.eating);
      const bool go_on = pause(random_.between(options_.eat.least, options_.eat.most));
      say(hooks_, words_, i_, words_.returning);
      if (!tell(Action::returned) || !go_on) return;
      ++meals;
    }
  }

 private:
  bool tell(Action action) { return write_all(out_, encode({.action = action, .pid = i_})); }

  /// The next message; nothing when there will be none.
  std::optional<Message> answer() {
    for (;;) {
      const std::string_view held(buffer_.data(), held_);
      if (const auto end = held.find('\n'); end != std::string_view::npos) {
        const auto message = decode(held.substr(0, end));
        held_ -= end + 1;
        std::memmove(buffer_.data(), buffer_.data() + end + 1, held_);
        return message;
      }
      const ssize_t n = ::read(in_, buffer_.data() + held_, buffer_.size() - held_);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      held_ += static_cast<std::size_t>(n);
    }
  }

  /// False: the coordinator is gone, or wants everybody gone. It says nothing that was not asked for.
  [[nodiscard]] bool pause(std::chrono::nanoseconds time) const {
    if (time.count() <= 0) return true;
    const auto end = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left = std::max(end - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero());
      timespec limit{};
      limit.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
      limit.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
      pollfd ready{in_, POLLIN, 0};
      const int n = ::ppoll(&ready, 1, &limit, nullptr);
      if (n < 0 && errno == EINTR) continue;
      return n == 0;
    }
  }

  const DineOptions& options_;
  const Words words_ = words_of(DineMode::ipc);
  DineHooks hooks_;
  int i_, in_, out_;
  Random random_;
  std::array<char, 2 * kMaxMessageBytes> buffer_{};
  std::size_t held_ = 0;
};

}  // namespace

void live_as_process(const DineOptions& options, int i, bool talk, int in, int out) {
  Philosopher(options, i, talk, in, out).live();
  ::_exit(0);
}

}  // namespace ece465::labs
