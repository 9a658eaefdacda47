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

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request. A second signal terminates the process. A thread waits for the
/// signals, because handlers may call hardly any function. Create this before any other thread, so that all of them
/// inherit the blocked signals; until `start` signals stay pending.
class SignalWatch {
 public:
  explicit SignalWatch(std::stop_source stop) : stop_(std::move(stop)) {
    sigemptyset(&signals_);
    sigaddset(&signals_, kWakeUp);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      // Signals that were ignored at the start (nohup, a script's background jobs) stay ignored.
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

/// If a standard stream is closed, the next file opened would get its descriptor, and messages would be written into
/// it. Opens such descriptors in the wrong direction, so that using them fails as if they were closed.
void reserve_standard_streams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) == -1) (void)open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    reserve_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);  // writing to a closed pipe fails with EPIPE instead
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
