#include "ece465/cluster/worker.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "commands.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/wire/worker_id.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

/// What `ece465 worker` was asked to be; 0 and empty stand for what is found out when it starts.
struct WorkerCommand {
  net::Address master{"127.0.0.1", 6000};
  std::string id;
  unsigned threads = 0;
  std::uint64_t credit_bytes = 0;
  std::uint64_t memory_bytes = cluster::WorkerOptions{}.memory_bytes;
};

constexpr std::uint16_t kPort = 6000;
constexpr int kMapped = 64 << 10;
constexpr std::uint64_t kStripBytes = std::uint64_t{1} << 20;

std::string default_id() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return wire::make_worker_id(host.data(), static_cast<std::uint64_t>(::getpid()));
}

int run_worker(const WorkerCommand& command, Console& console, std::stop_token stop) {
  ignore_sigchld();
  // One heap for all threads: they allocate little, and each one's own would keep a megabyte. Measured on mixed jobs
  // with two threads: 23.4 instead of 24.1 MB, in the same time.
  mallopt(M_ARENA_MAX, 1);
  // Samples come from the system and go back to it, whatever lies beside them. Otherwise a worker grows to 29 MB over
  // ninety jobs; so it stays at 23.
  mallopt(M_MMAP_THRESHOLD, kMapped);
  cluster::WorkerOptions options;
  options.master = command.master;
  options.id = command.id.empty() ? default_id() : command.id;
  options.threads = command.threads == 0 ? usable_cpus() : command.threads;
  // A strip for every thread, one that arrives and one that leaves.
  options.credit_bytes = command.credit_bytes != 0
                             ? command.credit_bytes
                             : std::max(options.credit_bytes, (options.threads + std::uint64_t{2}) * kStripBytes);
  options.memory_bytes = command.memory_bytes;
  if (auto done = cluster::run_worker(options, console.logger(), std::move(stop)); !done) {
    return report_error(console, done.error());
  }
  return kExitOk;
}

constexpr const char* kWorkerDescription =
    "Work for a master: count and map strips of its images\n"
    "\n"
    "Connects to the master, in whichever dialect of the worker protocol it speaks, does what it is sent, and goes "
    "back "
    "to it whenever the connection is lost. Start as many as you like, before or after the master, and stop them at "
    "any time.";

constexpr const char* kWorkerFooter =
    "Interrupted (Ctrl-C, SIGTERM) it says goodbye, finishes what it has begun and ends with exit code 0; a second "
    "time it ends at once. The log goes to standard error, one line per event.\n"
    "\n"
    "Examples:\n"
    "  ece465 worker                               for a master on this machine\n"
    "  ece465 worker --master 10.0.0.1:6000        for one elsewhere\n"
    "  MASTER_HOST=master ece465 worker            the same by the environment; MASTER_PORT, too\n"
    "  ece465 worker --threads 1 --id bench-3      one thread, under a name of its own\n"
    "  ece465 worker --memory 256M --credit 32M    keeps more of an image\n"
    "  ece465 worker --log-format json             a log for programs\n";

}  // namespace

void setup_worker(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<WorkerCommand>();
  CLI::App* command = add_command(
      app, "worker", kWorkerDescription, chosen,
      [options](Console& console, std::stop_token stop) { return run_worker(*options, console, std::move(stop)); });
  command->footer(kWorkerFooter);

  constexpr const char* kCluster = "Cluster";
  const auto parse_master = [](std::string_view text) { return net::parse_address(text, kPort); };
  add_value<net::Address>(*command, "--master", options->master, "HOST:PORT", parse_master,
                          "Where the master is (MASTER_HOST and MASTER_PORT say so, too)")
      ->default_str(options->master.to_string())
      ->envname("MASTER_HOST:MASTER_PORT")
      ->group(kCluster);
  const auto parse_id = [](std::string_view text) -> Result<std::string> {
    ECE465_TRY(wire::check_worker_id(text, WireLimits{}));
    return std::string(text);
  };
  add_value<std::string>(*command, "--id", options->id, "ID", parse_id,
                         "Name under which the master knows it, unlike any other's; unless given, host name and "
                         "process id")
      ->group(kCluster);

  constexpr const char* kWork = "Work";
  add_threads(*command, options->threads)->group(kWork);
  const auto parse_credit = [](std::string_view text) -> Result<std::uint64_t> {
    if (text == "auto") return std::uint64_t{0};
    return parse_memory(text);
  };
  add_value<std::uint64_t>(*command, "--credit", options->credit_bytes, "SIZE", parse_credit,
                           "Samples that may be on their way to it or waiting here, at most; auto: 4M, and more for "
                           "more than two threads")
      ->default_str("auto")
      ->group(kWork);
  add_value<std::uint64_t>(*command, "--memory", options->memory_bytes, "SIZE", parse_size,
                           "Samples kept between counting and mapping, at most; what nobody keeps the master rather "
                           "does itself, or it is sent twice")
      ->default_str(fmt::format("{}M", options->memory_bytes >> 20))
      ->group(kWork);
}

}  // namespace ece465::cli
