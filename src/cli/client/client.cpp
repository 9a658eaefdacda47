#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "common/lab_options.hpp"
#include "common/text.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/labs/serve.hpp"
#include "lab_commands.hpp"

namespace ece465::cli {
namespace {

struct ClientCommand {
  std::string host = "127.0.0.1";
  int port = 5055;
  bool interactive = false, quiet = false, json = false;
  std::string message;
  std::optional<int> id;
  std::optional<std::uint64_t> seed;
  labs::DurationRange think{std::chrono::seconds(1), std::chrono::seconds(3)};
  std::optional<int> connections;
  std::optional<std::uint64_t> requests;
  std::chrono::milliseconds patience = std::chrono::seconds(10);

  [[nodiscard]] net::Address server() const { return {host, static_cast<std::uint16_t>(port)}; }
};

/// The lines of standard input, which may be a terminal: a stop ends the wait for one.
class InputLines {
 public:
  /// The next line without its newline; nothing at the end, or after a stop.
  std::optional<std::string> next(const std::stop_token& stop) {
    for (;;) {
      if (const auto end = held_.find('\n'); end != std::string::npos) {
        std::string line = held_.substr(0, end);
        held_.erase(0, end + 1);
        return line;
      }
      if (stop.stop_requested()) return std::nullopt;
      if (ended_) return held_.empty() ? std::nullopt : std::optional(std::exchange(held_, {}));
      read_more();
    }
  }

 private:
  void read_more() {
    constexpr int kLookUp = 100;  // milliseconds between looks for a stop
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (::poll(&ready, 1, kLookUp) <= 0) return;
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n > 0) held_.append(buffer.data(), static_cast<std::size_t>(n));
    ended_ = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
  }

  std::string held_;
  bool ended_ = false;
};

int run_interactive(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  const auto server = command.server();
  const auto conversation = labs::Conversation::open(server, command.patience, stop);
  if (!conversation) return report_error(console, conversation.error());
  InputLines lines;
  while (const auto line = lines.next(stop)) {
    const auto answer = (*conversation)->ask(*line, stop);
    if (!answer) return report_error(console, answer.error());
    if (!*answer) {
      return report_error(console, {Errc::unavailable, fmt::format("{} closed the connection", server.to_string())});
    }
    console.print(fmt::format("Server response: {}\n", printable(**answer)));
    if (*line == "exit") break;
  }
  return stop.stop_requested() ? kExitInterrupted : kExitOk;
}

int run_message(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  const auto server = command.server();
  const auto conversation = labs::Conversation::open(server, command.patience, stop);
  if (!conversation) return report_error(console, conversation.error());
  const auto answer = (*conversation)->ask(command.message, stop);
  if (!answer) return report_error(console, answer.error());
  if (!*answer) {
    return report_error(console, {Errc::unavailable, fmt::format("{} closed the connection", server.to_string())});
  }
  console.print(**answer + "\n");
  return kExitOk;
}

double milliseconds(std::chrono::nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

int run_load(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  labs::LoadOptions options;
  options.server = command.server();
  options.connections = static_cast<std::size_t>(command.connections.value_or(1));
  options.requests = command.requests.value_or(1);
  options.timeout = command.patience;
  if (!command.message.empty()) options.message = command.message;
  const auto report = labs::load(options, stop);
  if (!report) return report_error(console, report.error());
  const double seconds = std::chrono::duration<double>(report->elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(report->answered) / seconds : 0;
  if (command.json) {
    const nlohmann::ordered_json json{{"command", "client"},
                                      {"connections", options.connections},
                                      {"requests", options.requests},
                                      {"answered", report->answered},
                                      {"failed", report->failed},
                                      {"elapsed_seconds", seconds},
                                      {"requests_per_second", rate},
                                      {"latency_ms",
                                       {{"min", milliseconds(report->min)},
                                        {"median", milliseconds(report->median)},
                                        {"p90", milliseconds(report->p90)},
                                        {"p99", milliseconds(report->p99)},
                                        {"p99.9", milliseconds(report->p999)},
                                        {"max", milliseconds(report->max)}}}};
    console.print(json.dump(2) + "\n");
  } else {
    console.print(fmt::format("{} over {} in {}: {} a second\n", counted(report->answered, "answer"),
                              counted(options.connections, "connection"), short_time(report->elapsed),
                              format_count(static_cast<std::uint64_t>(rate))));
    console.print(fmt::format("latency min {}, median {}, p90 {}, p99 {}, p99.9 {}, max {}\n", short_time(report->min),
                              short_time(report->median), short_time(report->p90), short_time(report->p99),
                              short_time(report->p999), short_time(report->max)));
  }
  if (stop.stop_requested()) return kExitInterrupted;
  if (report->failed == 0) return kExitOk;
  console.error(
      fmt::format("{} not answered; the first: {}", counted(report->failed, "request"), report->first_failure));
  return exit_code(Errc::unavailable);
}

int run_philosopher(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  std::random_device chance;
  labs::PhilosopherOptions options;
  options.server = command.server();
  options.id = command.id ? *command.id : 100 + static_cast<int>(chance() % 900);
  options.seed = command.seed ? *command.seed : chance();
  options.think = command.think;
  options.requests = command.requests.value_or(0);
  options.timeout = command.patience;
  labs::ServeHooks hooks;
  hooks.on_warning = [&](std::string_view what) { console.note(what); };
  if (!command.quiet) hooks.on_line = [&](std::string_view line) { console.print(printable(line) + "\n"); };
  const auto answers = labs::run_philosopher(options, hooks, stop);
  if (!answers) return report_error(console, answers.error());
  return stop.stop_requested() ? kExitInterrupted : kExitOk;
}

int run_client(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  ignore_sigchld();
  if (command.interactive && (!command.message.empty() || command.connections)) {
    return report_error(console, {Errc::usage, "--interactive: takes no --message and no --connections"});
  }
  if (command.interactive) return run_interactive(command, console, stop);
  if (command.connections) return run_load(command, console, stop);
  if (!command.message.empty()) return run_message(command, console, stop);
  return run_philosopher(command, console, stop);
}

constexpr const char* kClientDescription =
    "A client of the course's TCP servers: a philosopher, a person, one message, or a load\n"
    "\n"
    "Alone it is the notes' philosopher: thinks, asks to eat, prints the answer, starts over. A coordinator that is "
    "not "
    "there, or goes away, is waited for.";

constexpr const char* kClientFooter =
    "SERVER_HOST and SERVER_PORT say where the server is, too. Exit code 4: nobody there, or no answer in time. "
    "Interrupted: 130.\n"
    "\n"
    "Examples:\n"
    "  ece465 client --host coordinator                        a philosopher, until Ctrl-C\n"
    "  ece465 client --requests 3 --think 0                    three times, at once\n"
    "  ece465 client --port 12345 --interactive                lines from the keyboard, until exit\n"
    "  ece465 client --message hello                           Acknowledged hello\n"
    "  ece465 client --connections 100 --requests 1000         how fast is the server?\n";

}  // namespace

void setup_client(CLI::App& app, Action& chosen) {
  const auto command = std::make_shared<ClientCommand>();
  CLI::App* client =
      add_command(app, "client", kClientDescription, chosen,
                  [command](Console& console, std::stop_token stop) { return run_client(*command, console, stop); });
  client->footer(kClientFooter);

  constexpr const char* kNetwork = "Network";
  add_text(*client, "--host", command->host, "HOST", "Where the server is (SERVER_HOST says so, too)")
      ->envname("SERVER_HOST")
      ->default_str(command->host)
      ->group(kNetwork);
  add_value<int>(
      *client, "--port", command->port, "PORT", [](std::string_view text) { return parse_number(text, 1, 65535); },
      "And its port (SERVER_PORT says so, too)")
      ->envname("SERVER_PORT")
      ->default_str("5055")
      ->group(kNetwork);
  add_timeout(*client, command->patience, "Give up when the server says nothing for this long")->group(kNetwork);

  constexpr const char* kWhat = "What to say";
  add_switch(*client, "-i,--interactive", command->interactive, "Lines of standard input, one after the other")
      ->group(kWhat);
  add_text(*client, "--message", command->message, "TEXT", "One message; with --connections, what is sent each time")
      ->group(kWhat);
  add_value<int>(
      *client, "--id", command->id, "N", [](std::string_view text) { return parse_number(text, 0, 1'000'000); },
      "The philosopher's number; unless told, 100 to 999 by chance")
      ->group(kWhat);
  add_value<labs::DurationRange>(*client, "--think", command->think, "TIME..TIME", parse_span,
                                 "How long the philosopher thinks, by chance")
      ->default_str("1s..3s")
      ->group(kWhat);
  add_value<std::uint64_t>(*client, "--seed", command->seed, "N", parse_count, "Where chance begins")->group(kWhat);
  add_value<std::uint64_t>(*client, "--requests", command->requests, "N", parse_count,
                           "Ends after so many answers, on each connection; 0: a philosopher never does")
      ->group(kWhat);
  add_value<int>(
      *client, "--connections", command->connections, "N",
      [](std::string_view text) { return parse_number(text, 1, 1'000'000); },
      "A load: so many connections at once, each asking again as soon as it was answered")
      ->group(kWhat);

  constexpr const char* kOutput = "Telling";
  add_switch(*client, "-q,--quiet", command->quiet, "The philosopher says nothing")->group(kOutput);
  add_switch(*client, "--json", command->json, "What a load found, as one JSON object")->group(kOutput);
}

}  // namespace ece465::cli
