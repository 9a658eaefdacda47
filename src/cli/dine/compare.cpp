#include "compare.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "common/command.hpp"
#include "common/json.hpp"
#include "common/text.hpp"
#include "ece465/base/descriptor.hpp"
#include "report.hpp"

namespace ece465::cli {
namespace {

using Value = nlohmann::ordered_json;

constexpr auto kDefaultDuration = std::chrono::seconds(2);

/// This process's environment with --compare off: the runs must not compare again.
std::vector<std::string> environment_for_run() {
  constexpr std::string_view kCompare = "ECE465_DINE_COMPARE=";
  std::vector<std::string> variables{std::string(kCompare) + "false"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with(kCompare)) variables.emplace_back(*variable);
  }
  return variables;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts this program again with `out` as standard output. Uses posix_spawn, because this process has threads.
Result<pid_t> start(const std::vector<std::string>& arguments, int out) {
  const std::vector<std::string> variables = environment_for_run();
  const std::vector<char*> argv = pointers_to(arguments), environment = pointers_to(variables);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  // Signals are blocked here, since a thread waits for them; they must not be blocked in the child.
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = -1;
  const int code = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return fail(Errc::io, "cannot start a process: {}", std::generic_category().message(code));
  return child;
}

/// The output of a run, which `stop` terminates.
Result<std::string> output_of(const std::vector<std::string>& arguments, const std::stop_token& stop) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Errc::io, "cannot make a pipe: {}", std::generic_category().message(errno));
  }
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  ECE465_ASSIGN(const pid_t child, start(arguments, to.get()));
  to.reset();
  std::string text;
  int status = 0;
  {
    const std::stop_callback when_stopped(stop, [child] { ::kill(child, SIGTERM); });
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t n = ::read(from.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    // WNOWAIT: the process id must not be reused while the callback may kill it.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
  }
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (stop.stop_requested()) return fail(Errc::cancelled, "");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(Errc::internal, "a run failed");
  return text;
}

std::string table_row(const Value& run, std::string_view mode) {
  const auto philosophers = std::max<std::uint64_t>(1, run.value("philosophers", std::uint64_t{1}));
  const auto& switches = run["context_switches"];
  const std::uint64_t all = switches.value("voluntary", std::uint64_t{0}) + switches.value("forced", std::uint64_t{0});
  const auto time = [&](const char* name) {
    return short_time(std::chrono::nanoseconds(static_cast<std::int64_t>(run.value(name, 0.0) * 1e9)));
  };
  return fmt::format("{:<8}  {:>9}  {:>12}  {:>11}  {:>13}  {:>8.3f}\n", mode, time("start_up_seconds"),
                     format_count(static_cast<std::uint64_t>(run.value("meals_per_second", 0.0))),
                     format_bytes(run.value("memory_per_philosopher_bytes", std::uint64_t{0})),
                     format_count(all / philosophers), run.value("fairness", 0.0));
}

}  // namespace

int run_dine_compare(const DineCommand& command, Console& console, const std::stop_token& stop) {
  const labs::DineOptions& options = command.options;
  const auto duration = options.duration.count() > 0 ? options.duration : kDefaultDuration;
  Json runs = Json::array();
  if (!command.json) {
    console.print(
        fmt::format("{} philosophers, no time to think or eat, {} each\n", options.philosophers, short_time(duration)));
    console.print(console.out_paint().bold(fmt::format("{:<8}  {:>9}  {:>12}  {:>11}  {:>13}  {:>8}", "MODE", "START",
                                                       "MEALS/S", "MEMORY EACH", "SWITCHES EACH", "FAIRNESS")) +
                  "\n");
  }
  int code = kExitOk;
  for (const auto mode : {labs::DineMode::ipc, labs::DineMode::thread, labs::DineMode::async, labs::DineMode::tcp}) {
    const auto text = output_of(
        {"ece465", "dine", "--mode", std::string(mode_name(mode)), "--philosophers",
         fmt::format("{}", options.philosophers), "--think", "0", "--eat", "0", "--duration",
         fmt::format("{}ms", duration.count() / 1'000'000), "--seed", fmt::format("{}", options.seed), "--json"},
        stop);
    if (!text && text.error().code == Errc::cancelled) return kExitInterrupted;
    const Value run = text ? Value::parse(*text, nullptr, false) : Value();
    if (!run.is_object()) {
      // The run has printed the reason; go on with the other modes.
      console.error(fmt::format("{}: run failed", mode_name(mode)));
      code = kExitFailed;
      continue;
    }
    if (command.json) {
      runs.push_back(Json::parse(*text));
    } else {
      console.print(table_row(run, mode_name(mode)));
    }
  }
  if (command.json) console.print(Json({{"command", "dine"}, {"compare", runs}}).pretty() + "\n");
  return code;
}

}  // namespace ece465::cli
