#include "health.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "common/options.hpp"
#include "ece465/net/stream.hpp"

namespace ece465::cli {
namespace {

/// The result of a probe that was answered: nothing if healthy, else the problem.
using Finding = std::optional<std::string>;

net::Task<Result<Finding>> probe_tcp(net::Address address, net::Duration timeout) {
  const auto stream = co_await net::connect(std::move(address), timeout);
  if (!stream) co_return std::unexpected(stream.error());
  co_return Finding();
}

net::Task<Result<Finding>> probe_url(http::Client& client, std::string url) {
  ECE465_CO_ASSIGN(const auto response, co_await client.request("GET", ""));
  if (response.status >= 200 && response.status < 300) co_return Finding();
  const auto refusal = parse_refusal(response.body, Errc::unavailable);
  co_return Finding(fmt::format("{}: HTTP {} {}", url, response.status,
                                refusal ? refusal->text() : http::reason_phrase(response.status)));
}

/// Asks the master for the state of a worker.
net::Task<Result<Finding>> probe_worker(http::Client& client, std::string url, std::string id) {
  ECE465_CO_ASSIGN(const auto response, co_await client.request("GET", "/api/v1/workers"));
  const auto workers = parse_workers(response.body);
  if (response.status != 200 || !workers) {
    co_return Finding(fmt::format("{}: does not list its workers (HTTP {})", url, response.status));
  }
  const auto found = std::ranges::find(*workers, id, &RemoteWorker::id);
  if (found == workers->end()) co_return Finding(fmt::format("worker {}: not connected to {}", id, url));
  // A worker that has not had any work is on probation, which is healthy, too.
  for (const char* const healthy : {"active", "late", "proving"}) {
    if (found->state == healthy) co_return Finding();
  }
  co_return Finding(fmt::format("worker {}: {}", id, found->state));
}

/// The command of a process's arguments, and the last value of each option.
struct ProcessArguments {
  std::string command;
  std::map<std::string, std::string, std::less<>> options;
};

ProcessArguments parse_arguments(std::string_view text) {
  std::vector<std::string_view> arguments;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    arguments.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  ProcessArguments line;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (const auto equals = argument.find('='); argument.starts_with("--") && equals != std::string_view::npos) {
      line.options.insert_or_assign(std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1)));
    } else if (argument.starts_with("--") && i + 1 < arguments.size() && !arguments[i + 1].starts_with('-')) {
      // Options before the command are global ones; those that a running process can have all take values.
      line.options.insert_or_assign(std::string(argument), std::string(arguments[++i]));
    } else if (line.command.empty() && !argument.starts_with('-')) {
      line.command = argument;
    }
  }
  return line;
}

/// The arguments of the first process of this container; "" if they cannot be read.
std::string first_command_line() {
  std::ifstream file("/proc/1/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<Finding> probe(HealthCommand command, const std::stop_token& stop) {
  if (command.container && command.tcp.empty() && command.worker.empty() && command.url == kDefaultUrl) {
    const auto environment = [](const char* name) {
      const char* const value = std::getenv(name);
      return value == nullptr ? std::string() : std::string(value);
    };
    const auto url = url_of_process(first_command_line(), environment);
    if (!url) return Finding();
    command.url = *url;
  }
  asio::io_context context(1);
  if (!command.tcp.empty()) {
    ECE465_ASSIGN(auto address, net::parse_address(command.tcp, 0));
    if (address.port == 0) return fail(Errc::usage, "--tcp: '{}' has no port; use HOST:PORT", command.tcp);
    return run_task(context, probe_tcp(std::move(address), command.timeout), stop);
  }
  ECE465_ASSIGN(auto url, http::parse_url(command.url));
  http::ClientOptions options;
  options.connect_timeout = command.timeout;
  options.idle_timeout = command.timeout;
  const bool of_worker = !command.worker.empty();
  if (url.base.empty() && !of_worker) url.base = "/readyz";
  const std::string text = url_text(url);
  http::Client client(std::move(url), options);
  if (of_worker) return run_task(context, probe_worker(client, text, command.worker), stop);
  return run_task(context, probe_url(client, text), stop);
}

constexpr const char* kHealthDescription =
    "Probe a master or a worker, for containers\n"
    "\n"
    "Prints nothing and exits with 0 if it is healthy; with 1 if it answers but is not (for example while a master "
    "starts or stops), with 4 if nothing answers.";

constexpr const char* kHealthFooter =
    "A master is ready when it accepts jobs: /readyz, the default. It is alive while /healthz answers; restart it if "
    "that fails.\n"
    "A worker needs no liveness probe: it exits when it cannot continue, reconnects while the master is away, and "
    "gets no work when it hangs. --worker asks the master whether the worker is registered.\n"
    "\n"
    "--container is for images that can run any command: it probes a master, and reports everything else as healthy "
    "while it runs.\n"
    "\n"
    "Examples:\n"
    "  ece465 health                                  is the master on this machine ready?\n"
    "  ece465 health --url http://node0:8000/healthz  is that master alive?\n"
    "  ece465 health --tcp node0:6000                 can workers reach it?\n"
    "  ece465 health --worker \"$(hostname)-1\" --url http://master:8000\n";

}  // namespace

std::optional<std::string> url_of_process(std::string_view command_line,
                                          const std::function<std::string(const char*)>& environment) {
  const ProcessArguments line = parse_arguments(command_line);
  if (line.command != "master") return std::nullopt;
  if (const auto port = line.options.find("--http-port"); port != line.options.end()) {
    return "http://127.0.0.1:" + port->second;
  }
  for (const char* const name : {"ECE465_MASTER_HTTP_PORT", "ECE465_HTTP_PORT"}) {
    // Kubernetes may set a variable of this name for a service, with a value that is not a port.
    const std::string port = environment(name);
    if (!port.empty() && parse_number(port, 1, 65535)) return "http://127.0.0.1:" + port;
  }
  return kDefaultUrl;
}

int run_health(const HealthCommand& command, Console& console, std::stop_token stop) {
  if (!command.tcp.empty() && !command.worker.empty()) {
    return report_error(console, {Errc::usage, "health: choose one of --tcp and --worker"});
  }
  const auto finding = probe(command, stop);
  if (!finding) {
    // An unintelligible answer counts as none.
    Error error = finding.error();
    if (error.code == Errc::corrupt || error.code == Errc::too_large) error.code = Errc::unavailable;
    return report_error(console, error);
  }
  if (!*finding) return kExitOk;
  console.error(**finding);
  return kExitFailed;
}

void setup_health(Command& program) {
  const auto options = std::make_shared<HealthCommand>();
  Command& command = program.add_command(
      "health", kHealthDescription,
      [options](Console& console, std::stop_token stop) { return run_health(*options, console, std::move(stop)); });
  command.footer = kHealthFooter;
  command.current_group = "Probe";
  add_url(command, options->url).description = "The URL to probe; /readyz if it has no path";
  add_text(command, "--tcp", options->tcp, "HOST:PORT", "Only connect to this address instead");
  add_text(command, "--worker", options->worker, "ID", "Ask the master at --url about this worker");
  add_switch(command, "--container", options->container,
             "Probe this container's process if it is a master; any other is healthy while it runs");
  add_timeout(command, options->timeout, "How long to wait for an answer");
}

}  // namespace ece465::cli
