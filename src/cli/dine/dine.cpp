#include "dine.hpp"

#include <random>

#include "commands.hpp"
#include "common/files.hpp"
#include "common/options.hpp"
#include "compare.hpp"
#include "ece465/base/orphans.hpp"
#include "live.hpp"
#include "report.hpp"

namespace ece465::cli {
namespace {

constexpr std::uint16_t kTablePort = 5055;

bool has_coordinator(labs::DineMode mode) { return mode == labs::DineMode::ipc || mode == labs::DineMode::tcp; }

labs::DineHooks hooks_of(const DineCommand& command, Console& console) {
  labs::DineHooks hooks;
  hooks.on_warning = [&console](std::string_view what) { console.note(what); };
  if (!command.quiet) {
    hooks.on_line = [&console](std::string_view line) { console.print(std::string(line) + "\n"); };
  }
  return hooks;
}

Result<labs::DineReport> dine_as_configured(DineCommand& command, Console& console, const std::stop_token& stop) {
  labs::DineHooks hooks = hooks_of(command, console);
  std::optional<Screen> screen;  // restores the terminal before anything else is printed
  if (command.live) {
    screen.emplace(console);
    hooks.on_warning = {};
    hooks.on_progress = [&](const std::vector<labs::SeatView>& seats, std::chrono::nanoseconds elapsed) {
      screen->draw(table_picture(seats, elapsed, console.out_width(), console.out_height(), console.out_paint()));
    };
  }
  return command.forked ? command.forked->dine(hooks, stop) : labs::dine(command.options, hooks, stop);
}

constexpr const char* kDineDescription =
    "Dining philosophers as processes, threads, coroutines, or network clients\n"
    "\n"
    "Philosophers sit around a table with a fork between each two, and need both neighbouring forks to eat. Runs "
    "until Ctrl-C, --meals or --duration, and prints a summary. Every run is checked: if two neighbours eat at the "
    "same time, or two philosophers hold the same fork, it ends at once and shows the events that led to it.";

constexpr const char* kDineFooter =
    "Modes:\n"
    "  ipc      a process each, with pipes to a coordinator that owns the forks\n"
    "  thread   a thread each, with a lock per fork\n"
    "  async    a coroutine each, all on one thread, with an awaitable lock per fork\n"
    "  tcp      a network client each, of the coordinator of `ece465 serve --protocol table`\n"
    "\n"
    "Strategies:\n"
    "  ordered       take the fork with the lower number first (thread, async)\n"
    "  coordinator   ask for both at once; requests are granted in order (all modes)\n"
    "  naive         take the left fork first: ends in a deadlock, which is reported with exit code 1 (thread, async)\n"
    "\n"
    "Exits with 0 at --meals or --duration, with 130 when interrupted.\n"
    "\n"
    "Examples:\n"
    "  ece465 dine                                           five threads, until Ctrl-C\n"
    "  ece465 dine --mode ipc --meals 3                      five processes, three meals each\n"
    "  ece465 dine --strategy naive                          a deadlock\n"
    "  ece465 dine --mode ipc --on-busy deny --duration 10s  a coordinator that does not queue\n"
    "  ece465 dine --live --timeline dinner.svg              watch it, and draw a picture\n"
    "  ece465 dine --compare                                 compare processes, threads, coroutines and clients\n"
    "  ece465 dine --mode async -n 10000 --think 0 --eat 0 --duration 5s --quiet\n";

}  // namespace

Result<void> prepare_dine(DineCommand& command, Console& console) {
  labs::DineOptions& options = command.options;
  options.strategy =
      command.strategy.value_or(has_coordinator(options.mode) ? labs::Strategy::coordinator : labs::Strategy::ordered);
  if (has_coordinator(options.mode) && options.strategy != labs::Strategy::coordinator) {
    return fail(Errc::usage,
                "--strategy {}: not available with --mode {}, which has a coordinator; choose thread or async",
                strategy_name(options.strategy), mode_name(options.mode));
  }
  if (options.on_busy == labs::OnBusy::deny && options.strategy != labs::Strategy::coordinator) {
    return fail(Errc::usage, "--on-busy deny: needs a coordinator; choose --mode ipc or --strategy coordinator");
  }
  if (!command.server.host.empty()) {
    if (options.mode != labs::DineMode::tcp) {
      return fail(Errc::usage, "--server: only for --mode tcp");
    }
    options.server_host = command.server.host;
    options.server_port = command.server.port;
  }
  options.seed = command.seed ? *command.seed : std::random_device{}();
  options.timeline = !command.timeline.empty();
  if (command.live && !console.can_draw()) {
    return fail(Errc::usage, "--live: standard output is not a terminal that can be drawn on");
  }
  if (command.live && command.json) return fail(Errc::usage, "choose one of --live and --json");
  if (command.compare && (options.timeline || command.live || command.strategy || !options.server_host.empty())) {
    return fail(Errc::usage, "--compare: cannot be combined with --timeline, --live, --strategy or --server");
  }
  ECE465_TRY(check_picture_name("--timeline", command.timeline));
  ECE465_ASSIGN(command.drawing, open_picture(command.timeline, command.force));
  if (command.json || command.live) command.quiet = true;
  if (command.compare) return {};
  if (options.mode == labs::DineMode::ipc) {
    if (!command.quiet) console.print(std::string(labs::opening_line(options.mode)) + "\n");
    ECE465_ASSIGN(command.forked, labs::ForkedPhilosophers::start(options, !command.quiet));
  } else {
    ignore_sigchld();
  }
  return {};
}

int run_dine(DineCommand& command, Console& console, std::stop_token stop) {
  if (command.compare) return run_dine_compare(command, console, stop);
  const labs::DineOptions& options = command.options;
  if (!command.quiet && !command.forked) console.print(std::string(labs::opening_line(options.mode)) + "\n");
  const auto report = dine_as_configured(command, console, stop);
  if (!report) return report_error(console, report.error());
  if (command.drawing) {
    const auto drawn = write_text(*command.drawing, labs::timeline_svg(options, *report));
    if (!drawn) return report_error(console, drawn.error());
  }
  if (report->end == labs::DineEnd::interrupted && !command.quiet) console.print("Shutting down.\n");
  if (command.json) {
    console.print(dine_json(options, *report));
  } else {
    console.print((command.quiet ? "" : "\n") + dine_summary(options, *report, console.out_paint()));
  }
  switch (report->end) {
    case labs::DineEnd::meals:
    case labs::DineEnd::duration: return kExitOk;
    case labs::DineEnd::interrupted: return kExitInterrupted;
    case labs::DineEnd::deadlock:
      return report_error(console, {Errc::internal, fmt::format("deadlock: {}", labs::cycle_text(report->cycle))});
    case labs::DineEnd::violation: break;
  }
  std::string_view history = report->violation;
  while (!history.empty()) {
    const auto end = history.find('\n');
    console.error(history.substr(0, end));
    history.remove_prefix(std::min(history.size(), end + 1));
  }
  return kExitFailed;
}

void setup_dine(Command& program) {
  const auto dine = std::make_shared<DineCommand>();
  labs::DineOptions& options = dine->options;
  Command& command = program.add_command("dine", kDineDescription, [dine](Console& console, std::stop_token stop) {
    return run_dine(*dine, console, std::move(stop));
  });
  command.prepare = [dine](Console& console) { return prepare_dine(*dine, console); };
  command.footer = kDineFooter;

  command.current_group = "Table";
  const Choices<labs::DineMode> modes{{"ipc", labs::DineMode::ipc},
                                      {"thread", labs::DineMode::thread},
                                      {"async", labs::DineMode::async},
                                      {"tcp", labs::DineMode::tcp}};
  add_choice(command, "--mode", options.mode, modes, "What a philosopher is");
  const Choices<labs::Strategy> strategies{{"ordered", labs::Strategy::ordered},
                                           {"coordinator", labs::Strategy::coordinator},
                                           {"naive", labs::Strategy::naive}};
  add_choice(command, "--strategy", dine->strategy, strategies,
             "How philosophers get forks; by default ordered for threads and coroutines, coordinator for the others");
  const Choices<labs::OnBusy> on_busy{{"queue", labs::OnBusy::queue}, {"deny", labs::OnBusy::deny}};
  add_choice(command, "--on-busy", options.on_busy, on_busy,
             "What the coordinator does with a request that it cannot grant at once");
  add_number(command, "-n,--philosophers", options.philosophers, 2, labs::kMaxPhilosophers,
             "Number of philosophers and of forks");
  add_value(command, "--think", options.think, "TIME..TIME", parse_span, "Think time, drawn uniformly from this range")
      .with_default("500ms..1500ms");
  add_value(command, "--eat", options.eat, "TIME..TIME", parse_span,
            "Duration of a meal, drawn uniformly from this range")
      .with_default("500ms..1s");
  add_seed(command, dine->seed);
  add_value(
      command, "--server", dine->server, "HOST:PORT",
      [](std::string_view text) { return net::parse_address(text, kTablePort); },
      "Coordinator of --mode tcp, an `ece465 serve --protocol table`; by default one is started here");

  command.current_group = "End";
  add_value(command, "--meals", options.meals, "N", parse_count, "Number of meals of each philosopher; 0: unlimited")
      .with_default("0");
  add_value(command, "--duration", options.duration, "TIME", parse_duration_or_zero, "End after this time; 0: never")
      .with_default("0");

  command.current_group = "Output";
  add_text(command, "--timeline", dine->timeline, "FILE.svg", "Draw when each philosopher thought, waited and ate");
  add_switch(command, "--force", dine->force, "Replace an existing picture");
  add_switch(command, "--live", dine->live, "Draw the table on the terminal instead of printing lines");
  add_switch(command, "--compare", dine->compare,
             "Run every mode without time to think or eat, and print a table of the costs of a process, a thread, a "
             "coroutine and a connection");
  add_switch(command, "-q,--quiet", dine->quiet, "Print the summary only");
  add_switch(command, "--json", dine->json, "Print the summary only, as one JSON object");
}

}  // namespace ece465::cli
