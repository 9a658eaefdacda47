#include "ece465/cluster/master.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "child_workers.hpp"
#include "commands.hpp"
#include "common/options.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/base/memory.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/wire/worker_id.hpp"

namespace ece465::cli {
namespace {

/// The options of `ece465 master`.
struct MasterCommand {
  cluster::MasterOptions options;
  std::string http_host = "0.0.0.0", worker_host = "0.0.0.0";
  int http_port = 8000, worker_port = 6000;
  std::string data_dir = "shared_data";
  unsigned threads = 0;  // 0: as many as CPUs
  int workers = 0;
  int stop_seconds = 10;
};

constexpr int kMaxPort = 65535;
constexpr int kMaxOwnWorkers = 256;
constexpr const char* kProgram = "/proc/self/exe";

const char* level_word(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "info";
}

/// Commands that start workers on this machine for a master that listens there. They log as `console` does.
std::vector<ChildCommand> own_workers(int count, const net::Address& master, const Console& console) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string name = wire::make_worker_id(host.data(), static_cast<std::uint64_t>(::getpid()));
  net::Address address = master;
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  // They share the CPUs with each other and with the master.
  const unsigned threads = std::max(1U, usable_cpus() / static_cast<unsigned>(std::max(1, count)));
  const char* const format = console.log_format() == LogFormat::json ? "json" : "text";
  std::vector<ChildCommand> commands;
  for (int i = 1; i <= count; ++i) {
    const std::string id = fmt::format("{}-{}", name, i);
    commands.push_back(
        {id,
         {kProgram, "worker", "--master", address.to_string(), "--id", id, "--threads", fmt::format("{}", threads),
          "--log-level", level_word(console.log_level()), "--log-format", format}});
  }
  return commands;
}

int run_master(const MasterCommand& command, Console& console, std::stop_token stop) {
  // Strips reuse each other's memory: with page faults a job of 48 million samples took 14 % longer. The heap is
  // trimmed when the last job or text has ended.
  keep_freed_memory();
  if (command.workers == 0) ignore_sigchld();
  cluster::MasterOptions options = command.options;
  options.http = net::Address(command.http_host, static_cast<std::uint16_t>(command.http_port));
  options.workers = net::Address(command.worker_host, static_cast<std::uint16_t>(command.worker_port));
  options.data_dir = command.data_dir;
  options.threads = command.threads == 0 ? usable_cpus() : command.threads;
  options.stop_limit = std::chrono::seconds(command.stop_seconds);
  options.version = ECE465_VERSION;
  std::optional<ChildWorkers> workers;
  const auto listening = [&](const cluster::MasterAddresses& addresses) {
    if (command.workers > 0)
      workers.emplace(own_workers(command.workers, addresses.workers, console), console.logger());
  };
  if (auto done = cluster::run_master(options, console.logger(), std::move(stop), listening); !done) {
    return report_error(console, done.error());
  }
  return kExitOk;
}

constexpr const char* kMasterDescription =
    "Equalize images on a cluster of workers; serves the HTTP API and the worker protocol\n"
    "\n"
    "Takes images over HTTP, splits them into strips, has the connected workers count and map the strips, and "
    "assembles the results. Without workers it does the work itself. A result is byte for byte that of `ece465 "
    "equalize`, whatever fails on the way. Accepted jobs survive a restart of the master.";

constexpr const char* kMasterFooter =
    "On SIGINT or SIGTERM it accepts no new jobs, finishes running ones within --stop-limit, disconnects its "
    "workers, and exits with 0; a second signal ends it at once. The log goes to standard error, one line per event; "
    "the first lines show the ports.\n"
    "\n"
    "Examples:\n"
    "  ece465 master                                HTTP on port 8000, workers on 6000\n"
    "  ece465 master --workers 2                    start two workers on this machine, too\n"
    "  ece465 master --http-port 0 --worker-port 0  use any free ports, which the log shows\n"
    "  UPLOAD_DIR=/srv/images ece465 master         set --data-dir by an environment variable\n"
    "  ece465 submit photo.jpg                      then, from another terminal\n"
    "  curl -F file=@photo.jpg localhost:8000/upload && curl -X POST localhost:8000/process/photo.jpg\n";

}  // namespace

void setup_master(Command& program) {
  const auto options = std::make_shared<MasterCommand>();
  Command& command = program.add_command(
      "master", kMasterDescription,
      [options](Console& console, std::stop_token stop) { return run_master(*options, console, std::move(stop)); });
  command.footer = kMasterFooter;

  command.current_group = "Network";
  add_text(command, "--http-host", options->http_host, "HOST", "HTTP listen address");
  add_number(command, "--http-port", options->http_port, 0, kMaxPort, "HTTP port; 0: any free port", "PORT");
  add_text(command, "--worker-host", options->worker_host, "HOST", "Listen address for workers");
  add_number(command, "--worker-port", options->worker_port, 0, kMaxPort, "Port for workers; 0: any free port", "PORT")
      .with_variable("MASTER_PORT");
  add_value(command, "--max-upload", options->options.max_upload_bytes, "SIZE", parse_size, "Maximum size of an upload")
      .with_default("64G");

  command.current_group = "Work";
  add_text(command, "--data-dir", options->data_dir, "FOLDER",
           "Folder of images, results and the job store; created if missing")
      .with_variable("UPLOAD_DIR");
  add_number(command, "--workers", options->workers, 0, kMaxOwnWorkers,
             "Worker processes to start on this machine, and to restart when they end");
  add_switch(command, "--always-help", options->options.always_helps,
             "Let the master process strips even while workers are available");
  add_threads(command, options->threads);
  add_value(command, "--memory", options->options.memory_bytes, "SIZE", parse_memory,
            "Maximum memory for pixels of all running jobs together; larger pages are read twice")
      .with_default("512M");
  add_number(command, "--jobs", options->options.jobs_at_once, 1, 1000, "Maximum number of running jobs; others wait");
  add_number(command, "--stop-limit", options->stop_seconds, 0, 3600,
             "How long to wait for running jobs when stopping; unfinished ones continue at the next start", "SECONDS");
}

}  // namespace ece465::cli
