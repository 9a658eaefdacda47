#include "ece465/cluster/master.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "child_workers.hpp"
#include "commands.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/base/memory.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/wire/worker_id.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

/// What `ece465 master` was asked to be.
struct MasterCommand {
  cluster::MasterOptions options;
  std::string http_host = "0.0.0.0", worker_host = "0.0.0.0";
  int http_port = 8000, worker_port = 6000;
  std::string data_dir = "shared_data";
  unsigned threads = 0;  // as many as there are processors
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

/// Workers of this machine's own, for a master that listens there. They log as `console` does.
std::vector<ChildCommand> own_workers(int count, const net::Address& master, const Console& console) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string name = wire::make_worker_id(host.data(), static_cast<std::uint64_t>(::getpid()));
  net::Address address = master;
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  // They share the processors with each other and with their master.
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
  // What one strip leaves is for the next: page faults made a job of 48 million samples take a seventh longer. When no
  // job and no text is at work any more, it goes back.
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
    "Equalize images over a cluster of workers: HTTP API and worker protocol\n"
    "\n"
    "Takes images by HTTP, cuts them into strips, lets the workers that are connected count and map them, and puts "
    "the results together. Without workers it does the work itself. The result is always that of `ece465 equalize`, "
    "byte for byte, whatever becomes of the workers. A job that was accepted survives the master's own end: the next "
    "start takes it up.";

constexpr const char* kMasterFooter =
    "Interrupted (Ctrl-C, SIGTERM) it takes nothing new, finishes what it has begun within --stop-limit, says goodbye "
    "to "
    "its workers and ends with exit code 0; a second time it ends at once. The log goes to standard error, one line "
    "per event; the first one names the ports.\n"
    "\n"
    "Examples:\n"
    "  ece465 master                                  HTTP on port 8000, workers on 6000\n"
    "  ece465 master --workers 2                      the same, with two workers on this machine\n"
    "  ece465 master --http-port 0 --worker-port 0    any free ports: the log says which\n"
    "  UPLOAD_DIR=/srv/images ece465 master           another folder, by the environment\n"
    "  ece465 submit photo.jpg                        then, from another terminal\n"
    "  curl -F file=@photo.jpg localhost:8000/upload && curl -X POST localhost:8000/process/photo.jpg\n";

}  // namespace

void setup_master(CLI::App& app, Action& chosen) {
  const auto command = std::make_shared<MasterCommand>();
  CLI::App* master = add_command(
      app, "master", kMasterDescription, chosen,
      [command](Console& console, std::stop_token stop) { return run_master(*command, console, std::move(stop)); });
  master->footer(kMasterFooter);

  constexpr const char* kNetwork = "Network";
  const auto parse_port = [](std::string_view text) { return parse_number(text, 0, kMaxPort); };
  add_text(*master, "--http-host", command->http_host, "HOST", "Where HTTP is listened for")
      ->default_str(command->http_host)
      ->group(kNetwork);
  add_value<int>(*master, "--http-port", command->http_port, "PORT", parse_port, "0: any free one")
      ->default_str("8000")
      ->group(kNetwork);
  add_text(*master, "--worker-host", command->worker_host, "HOST", "Where workers are listened for")
      ->default_str(command->worker_host)
      ->group(kNetwork);
  add_value<int>(*master, "--worker-port", command->worker_port, "PORT", parse_port,
                 "0: any free one (MASTER_PORT says so, too)")
      ->default_str("6000")
      ->envname("MASTER_PORT")
      ->group(kNetwork);
  add_value<std::uint64_t>(*master, "--max-upload", command->options.max_upload_bytes, "SIZE", parse_size,
                           "The largest file that is taken")
      ->default_str("64G")
      ->group(kNetwork);

  constexpr const char* kWork = "Work";
  add_text(*master, "--data-dir", command->data_dir, "FOLDER",
           "Images, results and the job store; made if missing (UPLOAD_DIR says so, too)")
      ->default_str(command->data_dir)
      ->envname("UPLOAD_DIR")
      ->group(kWork);
  const auto parse_workers = [](std::string_view text) { return parse_number(text, 0, kMaxOwnWorkers); };
  add_value<int>(*master, "--workers", command->workers, "N", parse_workers,
                 "Worker processes that it starts on this machine, and keeps running")
      ->default_str("0")
      ->group(kWork);
  add_switch(*master, "--always-help", command->options.always_helps,
             "Do strips here at all times, not only when no worker can")
      ->group(kWork);
  add_threads(*master, command->threads)->group(kWork);
  add_value<std::uint64_t>(*master, "--memory", command->options.memory_bytes, "SIZE", parse_memory,
                           "For the pixels of pages at work, all jobs together; what does not fit is read twice")
      ->default_str("512M")
      ->group(kWork);
  const auto parse_jobs = [](std::string_view text) -> Result<std::size_t> {
    ECE465_ASSIGN(const int jobs, parse_number(text, 1, 1000));
    return static_cast<std::size_t>(jobs);
  };
  add_value<std::size_t>(*master, "--jobs", command->options.jobs_at_once, "N", parse_jobs,
                         "Jobs at work at once; more wait their turn")
      ->default_str("16")
      ->group(kWork);
  const auto parse_stop = [](std::string_view text) { return parse_number(text, 0, 3600); };
  add_value<int>(*master, "--stop-limit", command->stop_seconds, "SECONDS", parse_stop,
                 "How long a stop waits for jobs; the rest is taken up at the next start")
      ->default_str("10")
      ->group(kWork);
}

}  // namespace ece465::cli
