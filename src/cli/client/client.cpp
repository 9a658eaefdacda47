#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <random>

#include "commands.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/orphans.hpp"
#include "ece465/labs/serve.hpp"

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
  std::chrono::milliseconds timeout = std::chrono::seconds(10);

  [[nodiscard]] net::Address server() const { return {host, static_cast<std::uint16_t>(port)}; }
};

/// Lines of standard input, which may be a terminal. A stop ends the wait for one.
class InputLines {
 public:
  /// The next line without its newline; none at the end or after a stop.
  std::optional<std::string> next(const std::stop_token& stop) {
    for (;;) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      if (stop.stop_requested()) return std::nullopt;
      if (ended_) return buffer_.empty() ? std::nullopt : std::optional(std::exchange(buffer_, {}));
      read_more();
    }
  }

 private:
  void read_more() {
    constexpr int kPollMilliseconds = 100;  // how often to check for a stop
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (::poll(&ready, 1, kPollMilliseconds) <= 0) return;
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n > 0) buffer_.append(buffer.data(), static_cast<std::size_t>(n));
    ended_ = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
  }

  std::string buffer_;
  bool ended_ = false;
};

int run_interactive(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  const auto server = command.server();
  const auto conversation = labs::Conversation::open(server, command.timeout, stop);
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
  const auto conversation = labs::Conversation::open(server, command.timeout, stop);
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
  options.timeout = command.timeout;
  if (!command.message.empty()) options.message = command.message;
  const auto report = labs::load(options, stop);
  if (!report) return report_error(console, report.error());
  const double seconds = std::chrono::duration<double>(report->elapsed).count();
  const double rate = seconds > 0 ? static_cast<double>(report->answered) / seconds : 0;
  if (command.json) {
    const Json json{{"command", "client"},
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
    console.print(json.pretty() + "\n");
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
      fmt::format("{} not answered; first error: {}", counted(report->failed, "request"), report->first_failure));
  return exit_code(Errc::unavailable);
}

int run_philosopher(const ClientCommand& command, Console& console, const std::stop_token& stop) {
  std::random_device random;
  labs::PhilosopherOptions options;
  options.server = command.server();
  options.id = command.id ? *command.id : 100 + static_cast<int>(random() % 900);
  options.seed = command.seed ? *command.seed : random();
  options.think = command.think;
  options.requests = command.requests.value_or(0);
  options.timeout = command.timeout;
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
    return report_error(console, {Errc::usage, "--interactive: cannot be combined with --message or --connections"});
  }
  if (command.interactive) return run_interactive(command, console, stop);
  if (command.connections) return run_load(command, console, stop);
  if (!command.message.empty()) return run_message(command, console, stop);
  return run_philosopher(command, console, stop);
}

constexpr const char* kClientDescription =
    "A client of the course's TCP servers: a philosopher, interactive, a single message, or a load\n"
    "\n"
    "By default it is the philosopher of the course notes: thinks, asks to eat, prints the answer, and repeats. It "
    "retries until the coordinator is reachable, and reconnects.";

constexpr const char* kClientFooter =
    "Exits with 4 if the server is unreachable or does not answer in time, with 130 when interrupted.\n"
    "\n"
    "Examples:\n"
    "  ece465 client --host coordinator                 a philosopher, until Ctrl-C\n"
    "  ece465 client --requests 3 --think 0             three requests without thinking\n"
    "  ece465 client --port 12345 --interactive         lines from the keyboard, until exit\n"
    "  ece465 client --message hello                    print \"Acknowledged hello\"\n"
    "  ece465 client --connections 100 --requests 1000  measure the server\n";

}  // namespace

void setup_client(Command& program) {
  const auto options = std::make_shared<ClientCommand>();
  Command& command = program.add_command(
      "client", kClientDescription,
      [options](Console& console, const std::stop_token& stop) { return run_client(*options, console, stop); });
  command.footer = kClientFooter;

  command.current_group = "Network";
  add_text(command, "--host", options->host, "HOST", "The server's host").with_variable("SERVER_HOST");
  add_number(command, "--port", options->port, 1, 65535, "The server's port", "PORT").with_variable("SERVER_PORT");
  add_timeout(command, options->timeout, "Give up when the server does not answer for this long");

  command.current_group = "Requests";
  add_switch(command, "-i,--interactive", options->interactive, "Send lines of standard input, one after the other");
  add_text(command, "--message", options->message, "TEXT", "Send one message; with --connections, each time");
  add_number(command, "--id", options->id, 0, 1'000'000, "The philosopher's number; by default random, 100 to 999");
  add_value(command, "--think", options->think, "TIME..TIME", parse_span, "Think time, drawn uniformly from this range")
      .with_default("1s..3s");
  add_value(command, "--seed", options->seed, "N", parse_count, "Seed of the random numbers");
  add_value(command, "--requests", options->requests, "N", parse_count,
            "End after this number of answers on each connection; 0: a philosopher never ends");
  add_number(command, "--connections", options->connections, 1, 1'000'000,
             "Generate load: use this number of connections, each sending again as soon as it is answered");

  command.current_group = "Output";
  add_switch(command, "-q,--quiet", options->quiet, "Do not print the philosopher's messages");
  add_switch(command, "--json", options->json, "Print the results of a load as one JSON object");
}

}  // namespace ece465::cli
