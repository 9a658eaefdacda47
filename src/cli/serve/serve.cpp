#include "ece465/labs/serve.hpp"

#include <memory>

#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/orphans.hpp"
#include "lab_commands.hpp"

namespace ece465::cli {
namespace {

struct ServeCommand {
  labs::ServeOptions options;
  std::string host = "0.0.0.0";
  std::optional<int> port;  ///< that of the protocol, unless told
  bool quiet = false, json = false;
};

int usual_port(labs::Protocol protocol) { return protocol == labs::Protocol::echo ? 12345 : 5055; }

std::string hello(labs::Protocol protocol, const net::Address& address) {
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
  const int port = command.port.value_or(usual_port(options.protocol));
  options.address = net::Address(command.host, static_cast<std::uint16_t>(port));
  labs::ServeHooks hooks;
  hooks.on_warning = [&](std::string_view what) { console.note(what); };
  hooks.on_listening = [&](const net::Address& address) {
    if (!command.json) console.print(hello(options.protocol, address));
  };
  if (!command.quiet && !command.json) {
    // What peers send is shown, and must not write to the terminal what it likes.
    hooks.on_line = [&](std::string_view line) { console.print(printable(line) + "\n"); };
  }
  const auto report = labs::serve(options, hooks, std::move(stop));
  if (!report) return report_error(console, report.error());
  if (command.json) {
    console.print(fmt::format(R"({{"command":"serve","connections":{},"most_at_once":{},"messages":{}}})"
                              "\n",
                              report->connections, report->peak_connections, report->messages));
  } else {
    console.print(fmt::format("Shutting down: {}, {} at once at most, {}\n", counted(report->connections, "connection"),
                              report->peak_connections, counted(report->messages, "message")));
  }
  if (report->violation.empty()) return kExitOk;
  console.error(report->violation);
  return kExitFailed;
}

constexpr const char* kServeDescription =
    "The course's TCP servers: a coordinator that acknowledges, a line echo, a philosophers' table\n"
    "\n"
    "Serves thousands of connections on one thread. Peers that are slow, silent, flooding or half gone harm nobody but "
    "themselves.";

constexpr const char* kServeFooter =
    "Protocols:\n"
    "  ack     port 5055: each message is answered by \"Acknowledged <message>\". A message is a line, or what has "
    "arrived when the sender pauses\n"
    "  echo    port 12345: each line is answered by \"Server received: <line>\"; after exit the connection is closed\n"
    "  table   port 5055: owns the forks of `ece465 dine --mode tcp`; one JSON object per line: SIT, SEATED, REQUEST, "
    "APPROVED, DENIED, RETURN\n"
    "\n"
    "Interrupted (Ctrl-C, SIGTERM) it ends with exit code 0. A port in use is exit code 4.\n"
    "\n"
    "Examples:\n"
    "  ece465 serve                                            and ece465 client, from another terminal\n"
    "  ece465 serve --protocol echo                            and ece465 client --port 12345 --interactive\n"
    "  ece465 serve --protocol table --seats 5                 and ece465 dine --mode tcp --server 127.0.0.1\n"
    "  ece465 serve --quiet                                    and ece465 client --connections 100 --requests 1000\n";

}  // namespace

void setup_serve(CLI::App& app, Action& chosen) {
  const auto command = std::make_shared<ServeCommand>();
  labs::ServeOptions& options = command->options;
  CLI::App* serve = add_command(
      app, "serve", kServeDescription, chosen,
      [command](Console& console, std::stop_token stop) { return run_serve(*command, console, std::move(stop)); });
  serve->footer(kServeFooter);

  constexpr const char* kNetwork = "Network";
  const Choices<labs::Protocol> protocols{
      {"ack", labs::Protocol::ack}, {"echo", labs::Protocol::echo}, {"table", labs::Protocol::table}};
  add_choice(*serve, "--protocol", options.protocol, protocols, "What is spoken")->group(kNetwork);
  add_text(*serve, "--host", command->host, "HOST", "Where it listens")->default_str(command->host)->group(kNetwork);
  add_value<int>(
      *serve, "--port", command->port, "PORT", [](std::string_view text) { return parse_number(text, 0, 65535); },
      "0: any free one; unless told, that of the protocol (SERVER_PORT says so, too)")
      ->envname("SERVER_PORT")
      ->group(kNetwork);

  constexpr const char* kTable = "Table";
  add_value<int>(
      *serve, "--seats", options.seats, "N",
      [](std::string_view text) { return parse_number(text, 2, labs::kMaxPhilosophers); }, "Philosophers, and forks")
      ->default_str("5")
      ->group(kTable);
  const Choices<labs::OnBusy> answers{{"queue", labs::OnBusy::queue}, {"deny", labs::OnBusy::deny}};
  add_choice(*serve, "--on-busy", options.on_busy, answers, "Who cannot eat at once: has a place kept, or is told no")
      ->group(kTable);

  constexpr const char* kLimits = "Limits";
  add_value<std::size_t>(
      *serve, "--max-connections", options.limits.max_connections, "N",
      [](std::string_view text) -> Result<std::size_t> {
        ECE465_ASSIGN(const int count, parse_number(text, 1, 1'000'000));
        return static_cast<std::size_t>(count);
      },
      "Connections at once; more wait their turn")
      ->default_str("10000")
      ->group(kLimits);
  const auto add_limit = [&](const char* name, std::chrono::milliseconds& target, const char* shown,
                             const char* description) {
    add_value<std::chrono::milliseconds>(*serve, name, target, "TIME", parse_duration, description)
        ->default_str(shown)
        ->group(kLimits);
  };
  add_limit("--pause", options.limits.pause, "50ms",
            "ack: a message without a newline ends where the sender pauses so");
  add_limit("--idle", options.limits.idle, "10m", "Who says nothing for so long is let go");
  add_limit("--meal-limit", options.limits.meal, "1m", "table: who eats for longer loses the forks and the connection");

  constexpr const char* kOutput = "Telling";
  add_switch(*serve, "-q,--quiet", command->quiet, "Says nothing of peers and their messages")->group(kOutput);
  add_switch(*serve, "--json", command->json, "At the end one JSON object, and nothing before")->group(kOutput);
}

}  // namespace ece465::cli
