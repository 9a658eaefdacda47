#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <stop_token>
#include <thread>

#include "ece465/cli/app.hpp"

namespace {

/// Turns the signals that ask a process to end into one stop request. A second signal ends it at once, by that
/// signal's own doing. A thread of its own waits for them, since hardly anything may be called from a handler;
/// make it before any other thread, so that all inherit the blocked signals. Until `start` signals wait, too.
class SignalWatch {
 public:
  explicit SignalWatch(std::stop_source stop) : stop_(std::move(stop)) {
    sigemptyset(&signals_);
    sigaddset(&signals_, kWakeUp);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      // One that was ignored when we started (nohup, a script's background jobs) stays ignored.
      struct sigaction action{};
      if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(&signals_, number);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void start() {
    thread_ = std::thread([this] { watch(); });
  }
  ~SignalWatch() {
    if (!thread_.joinable()) return;
    done_ = true;
    pthread_kill(thread_.native_handle(), kWakeUp);
    thread_.join();
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static constexpr int kWakeUp = SIGUSR1;

  void watch() {
    for (int number = 0; sigwait(&signals_, &number) == 0 && !done_;) {
      if (number == kWakeUp || stop_.request_stop()) continue;
      std::signal(number, SIG_DFL);
      pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
      std::raise(number);
    }
  }

  std::stop_source stop_;
  sigset_t signals_{};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

/// A standard stream that the caller closed would hand its number to the next file opened, and what is printed
/// would end up in a picture. Keeps the number taken, by something that fails as a closed one does.
void keep_standard_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1) (void)open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    keep_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write(2)
    std::stop_source stop;
    SignalWatch watch(stop);
    return ece465::cli::run(argc, argv, stop.get_token(), [&watch] { watch.start(); });
  } catch (const std::bad_alloc&) {
    std::fputs("ece465: error: out of memory\n", stderr);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ece465: error: %s\n", e.what());
  }
  return 1;
}
