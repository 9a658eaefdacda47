#include "health.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "ece465/net/stream.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

/// What a probe found, once something answered: nothing (well), or what is wrong.
using Finding = std::optional<std::string>;

net::Task<Result<Finding>> probe_tcp(net::Address address, net::Duration patience) {
  const auto stream = co_await net::connect(std::move(address), patience);
  if (!stream) co_return std::unexpected(stream.error());
  co_return Finding();
}

net::Task<Result<Finding>> probe_url(http::Client& client, std::string url) {
  ECE465_CO_ASSIGN(const auto response, co_await client.request("GET", ""));
  if (response.status >= 200 && response.status < 300) co_return Finding();
  const auto detail = parse_detail(response.body);
  co_return Finding(fmt::format("{}: HTTP {} {}", url, response.status,
                                detail.value_or(std::string(http::reason_phrase(response.status)))));
}

/// Asks the master whether it knows the worker, and thinks well of it.
net::Task<Result<Finding>> probe_worker(http::Client& client, std::string url, std::string id) {
  ECE465_CO_ASSIGN(const auto response, co_await client.request("GET", "/api/v1/workers"));
  const auto workers = parse_workers(response.body);
  if (response.status != 200 || !workers) {
    co_return Finding(fmt::format("{}: does not tell of its workers (HTTP {})", url, response.status));
  }
  const auto found = std::ranges::find(*workers, id, &RemoteWorker::id);
  if (found == workers->end()) co_return Finding(fmt::format("worker {}: not connected to {}", id, url));
  // One that has had no work yet is still to prove itself; waiting for its first image is nothing wrong.
  for (const char* const well : {"active", "late", "proving"}) {
    if (found->state == well) co_return Finding();
  }
  co_return Finding(fmt::format("worker {}: {}", id, found->state));
}

/// The command of a command line, and the options' values by name, the last one of each.
struct CommandLine {
  std::string command;
  std::map<std::string, std::string, std::less<>> options;
};

CommandLine read_command_line(std::string_view text) {
  std::vector<std::string_view> arguments;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    arguments.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  CommandLine line;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (const auto equals = argument.find('='); argument.starts_with("--") && equals != std::string_view::npos) {
      line.options.insert_or_assign(std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1)));
    } else if (argument.starts_with("--") && i + 1 < arguments.size() && !arguments[i + 1].starts_with('-')) {
      // Before the command stand options for all commands only, and those that a running process was given take values.
      line.options.insert_or_assign(std::string(argument), std::string(arguments[++i]));
    } else if (line.command.empty() && !argument.starts_with('-')) {
      line.command = argument;
    }
  }
  return line;
}

/// What the first process of this container was started with; "" when it cannot be seen.
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
    if (address.port == 0) return fail(Errc::usage, "--tcp: '{}' has no port; write HOST:PORT", command.tcp);
    return run_task(context, probe_tcp(std::move(address), command.patience), stop);
  }
  ECE465_ASSIGN(auto url, http::parse_url(command.url));
  http::ClientOptions options;
  options.connect_timeout = command.patience;
  options.idle_timeout = command.patience;
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
    "Says nothing and exits with 0 when all is well, with 1 when something answers that is not (a master that starts "
    "or stops), with 4 when nothing does.";

constexpr const char* kHealthFooter =
    "A master is ready when it takes jobs: /readyz, the default. It is alive while /healthz answers; that is what to "
    "restart it by.\n"
    "A worker needs no probe to stay alive: it ends when it cannot go on, connects again for ever when the master "
    "is away, and is given no work when it hangs. Whether it takes part is the master's to say: --worker asks it.\n"
    "\n"
    "--container is for images that are any role: it asks a master, and takes whatever else runs for well as long as "
    "it "
    "runs.\n"
    "\n"
    "Examples:\n"
    "  ece465 health                                        is the master on this machine ready?\n"
    "  ece465 health --url http://node0:8000/healthz        is that one alive?\n"
    "  ece465 health --tcp node0:6000                       can workers reach it?\n"
    "  ece465 health --worker \"$(hostname)-1\" --url http://master:8000\n";

}  // namespace

std::optional<std::string> url_of_process(std::string_view command_line,
                                          const std::function<std::string(const char*)>& environment) {
  const CommandLine line = read_command_line(command_line);
  if (line.command != "master") return std::nullopt;
  if (const auto port = line.options.find("--http-port"); port != line.options.end()) {
    return "http://127.0.0.1:" + port->second;
  }
  for (const char* const name : {"ECE465_MASTER_HTTP_PORT", "ECE465_HTTP_PORT"}) {
    // A name of a service, too, for which Kubernetes makes a variable up.
    const std::string port = environment(name);
    if (!port.empty() && parse_number(port, 1, 65535)) return "http://127.0.0.1:" + port;
  }
  return kDefaultUrl;
}

int run_health(const HealthCommand& command, Console& console, std::stop_token stop) {
  if (!command.tcp.empty() && !command.worker.empty()) {
    return report_error(console, {Errc::usage, "health: --tcp and --worker are different probes; choose one"});
  }
  const auto finding = probe(command, stop);
  if (!finding) {
    // Not an answer that makes sense is no answer.
    Error error = finding.error();
    if (error.code == Errc::corrupt || error.code == Errc::too_large) error.code = Errc::unavailable;
    return report_error(console, error);
  }
  if (!*finding) return kExitOk;
  console.error(**finding);
  return kExitFailed;
}

void setup_health(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<HealthCommand>();
  CLI::App* command = add_command(
      app, "health", kHealthDescription, chosen,
      [options](Console& console, std::stop_token stop) { return run_health(*options, console, std::move(stop)); });
  command->footer(kHealthFooter);
  constexpr const char* kProbe = "Probe";
  add_url(*command, options->url)->description("What to ask; /readyz unless it names a path")->group(kProbe);
  add_text(*command, "--tcp", options->tcp, "HOST:PORT", "Only connect there instead")->group(kProbe);
  add_text(*command, "--worker", options->worker, "ID", "Ask the master at --url about this worker")->group(kProbe);
  add_switch(*command, "--container", options->container,
             "Ask what this container runs, if it is a master; all else is well while it runs")
      ->group(kProbe);
  add_timeout(*command, options->patience, "How long to wait for an answer")->group(kProbe);
}

}  // namespace ece465::cli
