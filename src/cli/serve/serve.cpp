#include "ece465/labs/serve.hpp"

#include <memory>

#include "commands.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/orphans.hpp"

namespace ece465::cli {
namespace {

struct ServeCommand {
  labs::ServeOptions options;
  std::string host = "0.0.0.0";
  std::optional<int> port;  ///< unset: that of the protocol
  bool quiet = false, json = false;
};

int default_port(labs::Protocol protocol) { return protocol == labs::Protocol::echo ? 12345 : 5055; }

std::string greeting(labs::Protocol protocol, const net::Address& address) {
  switch (protocol) {
    case labs::Protocol::ack: return fmt::format("Coordinator Server listening on {}...\n", address.to_string());
    case labs::Protocol::echo: return fmt::format("Server listening on port {}\n", address.port);
    case labs::Protocol::table: return fmt::format("Table Coordinator listening on {}...\n", address.to_string());
  }
  return {};
}

int run_serve(ServeCommand& command, Console& console, std::stop_token stop) {
  ignore_sigchld();
  labs::ServeOptions& options = command.options;
  const int port = command.port.value_or(default_port(options.protocol));
  options.address = net::Address(command.host, static_cast<std::uint16_t>(port));
  labs::ServeHooks hooks;
  hooks.on_warning = [&](std::string_view what) { console.note(what); };
  hooks.on_listening = [&](const net::Address& address) {
    if (!command.json) console.print(greeting(options.protocol, address));
  };
  if (!command.quiet && !command.json) {
    // Peers must not send escape sequences to the terminal.
    hooks.on_line = [&](std::string_view line) { console.print(printable(line) + "\n"); };
  }
  const auto report = labs::serve(options, hooks, std::move(stop));
  if (!report) return report_error(console, report.error());
  if (command.json) {
    console.print(fmt::format(R"({{"command":"serve","connections":{},"most_at_once":{},"messages":{}}})"
                              "\n",
                              report->connections, report->peak_connections, report->messages));
  } else {
    console.print(fmt::format("Shutting down: {}, at most {} at once, {}\n", counted(report->connections, "connection"),
                              report->peak_connections, counted(report->messages, "message")));
  }
  if (report->violation.empty()) return kExitOk;
  console.error(report->violation);
  return kExitFailed;
}

constexpr const char* kServeDescription =
    "The course's TCP servers: an acknowledging coordinator, a line echo, a philosophers' table\n"
    "\n"
    "Serves thousands of connections on one thread. Slow, silent, flooding or half-closed peers do not affect others.";

constexpr const char* kServeFooter =
    "Protocols:\n"
    "  ack     port 5055: answers each message with \"Acknowledged <message>\"; a message ends at a newline, or where "
    "the sender pauses\n"
    "  echo    port 12345: answers each line with \"Server received: <line>\"; exit closes the connection\n"
    "  table   port 5055: owns the forks of `ece465 dine --mode tcp`; one JSON object per line: SIT, SEATED, REQUEST, "
    "APPROVED, DENIED, RETURN\n"
    "\n"
    "Exits with 0 on SIGINT or SIGTERM, with 4 if the port is in use.\n"
    "\n"
    "Examples:\n"
    "  ece465 serve                            then: ece465 client\n"
    "  ece465 serve --protocol echo            then: ece465 client --port 12345 --interactive\n"
    "  ece465 serve --protocol table           then: ece465 dine --mode tcp --server 127.0.0.1\n"
    "  ece465 serve --quiet                    then: ece465 client --connections 100 --requests 1000\n";

}  // namespace

void setup_serve(Command& program) {
  const auto serve = std::make_shared<ServeCommand>();
  labs::ServeOptions& options = serve->options;
  Command& command = program.add_command("serve", kServeDescription, [serve](Console& console, std::stop_token stop) {
    return run_serve(*serve, console, std::move(stop));
  });
  command.footer = kServeFooter;

  command.current_group = "Network";
  const Choices<labs::Protocol> protocols{
      {"ack", labs::Protocol::ack}, {"echo", labs::Protocol::echo}, {"table", labs::Protocol::table}};
  add_choice(command, "--protocol", options.protocol, protocols, "The protocol");
  add_text(command, "--host", serve->host, "HOST", "Listen address");
  add_number(command, "--port", serve->port, 0, 65535, "Port; by default that of the protocol; 0: any free port",
             "PORT")
      .with_variable("SERVER_PORT");

  command.current_group = "Table";
  add_number(command, "--seats", options.seats, 2, labs::kMaxPhilosophers, "Number of philosophers and of forks");
  const Choices<labs::OnBusy> on_busy{{"queue", labs::OnBusy::queue}, {"deny", labs::OnBusy::deny}};
  add_choice(command, "--on-busy", options.on_busy, on_busy,
             "What to do with a request that cannot be granted at once");

  command.current_group = "Limits";
  add_number(command, "--max-connections", options.limits.max_connections, 1, 1'000'000,
             "Maximum number of connections; others wait");
  add_value(command, "--pause", options.limits.pause, "TIME", parse_duration,
            "ack: a pause of this length ends a message without a newline")
      .with_default("50ms");
  add_value(command, "--idle", options.limits.idle, "TIME", parse_duration,
            "Disconnect a client that is idle for this long")
      .with_default("10m");
  add_value(command, "--meal-limit", options.limits.meal, "TIME", parse_duration,
            "table: disconnect a philosopher that eats for longer, and take its forks")
      .with_default("1m");

  command.current_group = "Output";
  add_switch(command, "-q,--quiet", serve->quiet, "Do not print peers and their messages");
  add_switch(command, "--json", serve->json, "Print one JSON object at the end and nothing else");
}

}  // namespace ece465::cli
