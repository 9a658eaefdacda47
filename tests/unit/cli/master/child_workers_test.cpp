#include "master/child_workers.hpp"

#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cli;
using namespace std::chrono_literals;
using ece465::testing::TempFolder;

namespace {

/// Collects log lines, and waits for them.
class Log {
 public:
  Log()
      : logger_(LogLevel::debug, LogFormat::text, [this](std::string_view line) {
          const std::scoped_lock lock(mutex_);
          lines_.emplace_back(line);
          changed_.notify_all();
        }) {}
  [[nodiscard]] Logger& operator*() { return logger_; }

  /// The `number`th line that says `what`; waits for it.
  std::string wait_for(std::string_view what, int number = 1) {
    std::unique_lock lock(mutex_);
    std::string found;
    const bool came = changed_.wait_for(lock, 30s, [&] {
      int count = 0;
      for (const auto& line : lines_) {
        if (line.find(what) != std::string::npos && ++count == number) {
          found = line;
          return true;
        }
      }
      return false;
    });
    REQUIRE_MESSAGE(came, what);
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  Logger logger_;
};

/// A shell command as a process to keep running.
ChildCommand shell(const std::string& id, const std::string& script) { return {id, {"/bin/sh", "-c", script}}; }

pid_t process_in(const std::string& line) {
  const auto at = line.find("pid=") + 4;
  pid_t process = 0;
  std::from_chars(line.data() + at, line.data() + line.size(), process);
  return process;
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0; }

constexpr const char* kWaits = "exec sleep 1000";

}  // namespace

TEST_SUITE("child workers") {
  TEST_CASE("children run until they are terminated, each in its own process group") {
    Log log;
    pid_t first = 0, second = 0;
    {
      const ChildWorkers children({shell("a-1", kWaits), shell("a-2", kWaits)}, *log);
      first = process_in(log.wait_for("started worker=a-1"));
      second = process_in(log.wait_for("started worker=a-2"));
      CHECK(is_alive(first));
      CHECK(is_alive(second));
    }
    CHECK(!is_alive(first));
    CHECK(!is_alive(second));
  }

  TEST_CASE("adopted orphans are reaped, and children are still awaited") {
    const TempFolder folder;
    Log log;
    // As for the first process of a container.
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    {
      ChildLimits limits;
      limits.orphans_pause = 1ms;
      const std::string script = "(sleep 0 & echo $! >part; mv part orphan); exec sleep 1000";
      const ChildWorkers children({shell("a-1", "cd " + folder.path().string() + " && " + script)}, *log, limits);
      const pid_t own = process_in(log.wait_for("started worker=a-1"));
      const auto end = std::chrono::steady_clock::now() + 30s;
      pid_t orphan = 0;
      while ((orphan == 0 || is_alive(orphan)) && std::chrono::steady_clock::now() < end) {
        if (folder.holds("orphan")) orphan = std::stoi(folder.read("orphan"));
        std::this_thread::sleep_for(1ms);
      }
      REQUIRE(orphan != 0);
      CHECK(!is_alive(orphan));
      ::kill(own, SIGKILL);
      CHECK(log.wait_for("ended worker=a-1").find("how=\"signal 9\"") != std::string::npos);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  TEST_CASE("a child that ends or is killed is restarted after a growing pause") {
    Log log;
    ChildLimits limits;
    limits.first_pause = 1ms;
    limits.longest_pause = 60s;
    const ChildWorkers children({shell("a-1", "exit 7"), shell("a-2", kWaits)}, *log, limits);
    CHECK(log.wait_for("ended worker=a-1", 1).find("how=\"exit code 7\" again_in_ms=1\n") != std::string::npos);
    CHECK(log.wait_for("ended worker=a-1", 4).find("again_in_ms=8\n") != std::string::npos);
    const pid_t process = process_in(log.wait_for("started worker=a-2"));
    CHECK(::kill(process, SIGKILL) == 0);
    CHECK(log.wait_for("ended worker=a-2").find("how=\"signal 9\"") != std::string::npos);
    CHECK(process_in(log.wait_for("started worker=a-2", 2)) != process);
  }

  TEST_CASE("the pause is reset after a long life") {
    Log log;
    ChildLimits limits;
    limits.first_pause = 1ms;
    limits.longest_pause = 1ms;  // all live that long
    const ChildWorkers children({shell("a-1", "sleep 0.01")}, *log, limits);
    CHECK(log.wait_for("ended worker=a-1", 3).find("again_in_ms=1\n") != std::string::npos);
  }

  TEST_CASE("a missing program is reported, and the others go on") {
    Log log;
    const ChildWorkers children({{"a-1", {"/nowhere/at/all"}}}, *log);
    log.wait_for("how=\"could not be run\"");
  }

  TEST_CASE("a child that ignores SIGTERM is killed") {
    const TempFolder folder;
    Log log;
    ChildLimits limits;
    limits.stop_limit = 50ms;
    pid_t process = 0;
    {
      const ChildWorkers children(
          {shell("a-1", fmt::format("trap '' TERM; echo > {}; while :; do sleep 0.1; done", folder / "ready"))}, *log,
          limits);
      process = process_in(log.wait_for("started"));
      while (!folder.holds("ready")) ::usleep(1000);
    }
    log.wait_for("does not end: killing it");
    CHECK(!is_alive(process));
  }

  TEST_CASE("children do not inherit blocked or ignored signals") {
    const TempFolder folder;
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    {
      Log log;
      const ChildWorkers children(
          {shell("a-1", "grep -E 'Sig(Blk|Ign)' /proc/self/status > " + (folder / "status.new") + "; mv " +
                            (folder / "status.new") + " " + (folder / "status") + "; " + kWaits)},
          *log);
      while (!folder.holds("status")) ::usleep(1000);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(folder.read("status").find("SigBlk:\t0000000000000000") != std::string::npos);
  }

  TEST_CASE("children die with their parent, even if it is killed") {
    const TempFolder folder;
    // They are adopted by this process when their parent dies, so that it can see them end.
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const std::string script = fmt::format("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", folder / "pid");
    const pid_t parent = ::fork();
    REQUIRE(parent >= 0);
    if (parent == 0) {
      Logger silent(LogLevel::error, LogFormat::text, [](std::string_view) {});
      const ChildWorkers children({shell("a-1", script)}, silent);
      ::pause();
      ::_exit(0);
    }
    while (!folder.holds("pid")) ::usleep(1000);
    const pid_t child = std::stoi(folder.read("pid"));
    CHECK(is_alive(child));
    CHECK(::kill(parent, SIGKILL) == 0);
    CHECK(::waitpid(parent, nullptr, 0) == parent);
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }
}
