#include "ece465/cluster/worker.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "commands.hpp"
#include "common/options.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/wire/worker_id.hpp"

namespace ece465::cli {
namespace {

/// The options of `ece465 worker`; 0 and empty: to be determined at the start.
struct WorkerCommand {
  net::Address master{"127.0.0.1", 6000};
  std::string id;
  unsigned threads = 0;
  std::uint64_t credit_bytes = 0;
  std::uint64_t memory_bytes = cluster::WorkerOptions{}.memory_bytes;
};

constexpr std::uint16_t kDefaultPort = 6000;
constexpr int kMmapThreshold = 64 << 10;
constexpr std::uint64_t kStripBytes = std::uint64_t{1} << 20;

std::string default_id() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return wire::make_worker_id(host.data(), static_cast<std::uint64_t>(::getpid()));
}

int run_worker(const WorkerCommand& command, Console& console, std::stop_token stop) {
  ignore_sigchld();
  // One malloc arena for all threads: they allocate little, and each arena keeps a megabyte. Measured on mixed jobs
  // with two threads: 23.4 MB instead of 24.1 MB, in the same time.
  mallopt(M_ARENA_MAX, 1);
  // Map buffers of samples, so that freeing one returns its memory. Otherwise fragmentation lets a worker grow to 29 MB
  // over ninety jobs; it stays at 23 MB.
  mallopt(M_MMAP_THRESHOLD, kMmapThreshold);
  cluster::WorkerOptions options;
  options.master = command.master;
  options.id = command.id.empty() ? default_id() : command.id;
  options.threads = command.threads == 0 ? usable_cpus() : command.threads;
  // A strip for each thread, one being received and one being sent.
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
    "Connects to the master in the dialect of the worker protocol that the master speaks, processes its requests, "
    "and reconnects to it after any failure. Start any number of workers, before or after the master, and stop them "
    "at any time.";

constexpr const char* kWorkerFooter =
    "On SIGINT or SIGTERM it leaves the master, finishes its current strips and exits with 0; a second signal ends "
    "it at once. The log goes to standard error, one line per event.\n"
    "\n"
    "Examples:\n"
    "  ece465 worker                             connect to a master on this machine\n"
    "  ece465 worker --master 10.0.0.1:6000      connect to another machine\n"
    "  MASTER_HOST=master ece465 worker          the same by an environment variable\n"
    "  ece465 worker --threads 1 --id bench-3    one thread, and a name\n"
    "  ece465 worker --memory 256M --credit 32M  cache more of an image\n"
    "  ece465 worker --log-format json           log JSON objects\n";

}  // namespace

void setup_worker(Command& program) {
  const auto options = std::make_shared<WorkerCommand>();
  Command& command = program.add_command(
      "worker", kWorkerDescription,
      [options](Console& console, std::stop_token stop) { return run_worker(*options, console, std::move(stop)); });
  command.footer = kWorkerFooter;

  command.current_group = "Cluster";
  const auto parse_master = [](std::string_view text) { return net::parse_address(text, kDefaultPort); };
  add_value(command, "--master", options->master, "HOST:PORT", parse_master, "The master's address")
      .with_default(options->master.to_string())
      .with_variable("MASTER_HOST:MASTER_PORT");
  const auto parse_id = [](std::string_view text) -> Result<std::string> {
    ECE465_TRY(wire::check_worker_id(text, WireLimits{}));
    return std::string(text);
  };
  add_value(command, "--id", options->id, "ID", parse_id,
            "Name of this worker, unique within the cluster; by default host name and process id");

  command.current_group = "Work";
  add_threads(command, options->threads);
  const auto parse_credit = [](std::string_view text) -> Result<std::uint64_t> {
    if (text == "auto") return std::uint64_t{0};
    return parse_memory(text);
  };
  add_value(command, "--credit", options->credit_bytes, "SIZE", parse_credit,
            "Maximum bytes of samples in flight to this worker; auto: 4M, and more for more than two threads")
      .with_default("auto");
  add_value(
      command, "--memory", options->memory_bytes, "SIZE", parse_size,
      "Maximum memory for samples cached between counting and mapping; strips that no worker caches are processed "
      "by the master, or sent twice")
      .with_default(fmt::format("{}M", options->memory_bytes >> 20));
}

}  // namespace ece465::cli
