#include "dine.hpp"

#include <random>

#include "common/files.hpp"
#include "common/lab_options.hpp"
#include "compare.hpp"
#include "ece465/base/orphans.hpp"
#include "lab_commands.hpp"
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

Result<labs::DineReport> dine_as_asked(DineCommand& command, Console& console, const std::stop_token& stop) {
  labs::DineHooks hooks = hooks_of(command, console);
  std::optional<Screen> screen;  // goes, whatever happens, before anything else is said
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
    "Dining philosophers: as processes, threads, coroutines, or network clients\n"
    "\n"
    "Philosophers sit around a table with a fork between each two, and need both forks beside them to eat. Runs until "
    "Ctrl-C, --meals or --duration, and ends with a summary. Every run is watched: should two neighbours ever eat at "
    "the same time, or a fork be in two hands, it ends there and shows what led to it.";

constexpr const char* kDineFooter =
    "Modes:\n"
    "  ipc      a process each; pipes to a coordinator that owns the forks\n"
    "  thread   a thread each; a lock for each fork\n"
    "  async    a coroutine each, all on one thread; chopsticks are awaitable locks\n"
    "  tcp      a network client each, of the coordinator that `ece465 serve --protocol table` is\n"
    "\n"
    "Strategies:\n"
    "  ordered       the fork with the lower number first (thread, async)\n"
    "  coordinator   both at once, from one who keeps the order of asking (all modes)\n"
    "  naive         the left one first: when everybody has it, nobody gets the other. The deadlock is found and "
    "named, "
    "and the exit code is 1 (thread, async)\n"
    "\n"
    "Interrupted, it ends with exit code 130; at --meals or --duration with 0.\n"
    "\n"
    "Examples:\n"
    "  ece465 dine                                            five threads, until Ctrl-C\n"
    "  ece465 dine --mode ipc --meals 3                       five processes, three meals each\n"
    "  ece465 dine --strategy naive                           a deadlock\n"
    "  ece465 dine --mode ipc --on-busy deny --duration 10s   a coordinator that does not queue\n"
    "  ece465 dine --live --timeline dinner.svg               watch, and keep a picture\n"
    "  ece465 dine --compare                                  processes, threads, coroutines and clients, in numbers\n"
    "  ece465 dine --mode async -n 10000 --think 0 --eat 0 --duration 5s --quiet\n";

}  // namespace

Result<void> prepare_dine(DineCommand& command, Console& console) {
  labs::DineOptions& options = command.options;
  options.strategy =
      command.strategy.value_or(has_coordinator(options.mode) ? labs::Strategy::coordinator : labs::Strategy::ordered);
  if (has_coordinator(options.mode) && options.strategy != labs::Strategy::coordinator) {
    return fail(Errc::usage, "--strategy {}: philosophers of --mode {} ask a coordinator; choose thread or async",
                strategy_name(options.strategy), mode_name(options.mode));
  }
  if (options.on_busy == labs::OnBusy::deny && options.strategy != labs::Strategy::coordinator) {
    return fail(Errc::usage,
                "--on-busy deny: nobody can be denied where no coordinator is asked; choose --mode ipc or "
                "--strategy coordinator");
  }
  if (!command.server.host.empty()) {
    if (options.mode != labs::DineMode::tcp) {
      return fail(Errc::usage, "--server: only philosophers of --mode tcp have a server");
    }
    options.server_host = command.server.host;
    options.server_port = command.server.port;
  }
  options.seed = command.seed ? *command.seed : std::random_device{}();
  options.timeline = !command.timeline.empty();
  if (command.live && !console.can_draw()) {
    return fail(Errc::usage, "--live: standard output is no terminal to draw on");
  }
  if (command.live && command.json) return fail(Errc::usage, "--live and --json: choose one");
  if (command.compare && (options.timeline || command.live || command.strategy || !options.server_host.empty())) {
    return fail(Errc::usage, "--compare: runs every mode as it comes; no --timeline, --live, --strategy or --server");
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
  const auto report = dine_as_asked(command, console, stop);
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

void setup_dine(CLI::App& app, Action& chosen, Prelude& prelude) {
  const auto command = std::make_shared<DineCommand>();
  labs::DineOptions& options = command->options;
  const Action run = [command](Console& console, std::stop_token stop) {
    return run_dine(*command, console, std::move(stop));
  };
  CLI::App* dine = add_command(app, "dine", kDineDescription, chosen, run);
  dine->callback([&chosen, &prelude, command, run] {
    chosen = run;
    prelude = [command](Console& console) { return prepare_dine(*command, console); };
  });
  dine->footer(kDineFooter);

  constexpr const char* kTable = "Table";
  const Choices<labs::DineMode> modes{{"ipc", labs::DineMode::ipc},
                                      {"thread", labs::DineMode::thread},
                                      {"async", labs::DineMode::async},
                                      {"tcp", labs::DineMode::tcp}};
  add_choice(*dine, "--mode", options.mode, modes, "What a philosopher is")->group(kTable);
  const Choices<labs::Strategy> strategies{{"ordered", labs::Strategy::ordered},
                                           {"coordinator", labs::Strategy::coordinator},
                                           {"naive", labs::Strategy::naive}};
  add_value<labs::Strategy>(
      *dine, "--strategy", command->strategy, choices_type(strategies),
      [strategies](std::string_view text) { return parse_choice(text, strategies); },
      "How they come by forks; unless told, threads and coroutines are ordered, others have a coordinator")
      ->group(kTable);
  const Choices<labs::OnBusy> answers{{"queue", labs::OnBusy::queue}, {"deny", labs::OnBusy::deny}};
  add_choice(*dine, "--on-busy", options.on_busy, answers,
             "What a coordinator does with somebody who cannot eat at once: keep a place for them, or say no")
      ->group(kTable);
  add_value<int>(
      *dine, "-n,--philosophers", options.philosophers, "N",
      [](std::string_view text) { return parse_number(text, 2, labs::kMaxPhilosophers); }, "Philosophers, and forks")
      ->default_str("5")
      ->group(kTable);
  add_value<labs::DurationRange>(*dine, "--think", options.think, "TIME..TIME", parse_span,
                                 "How long one thinks, by chance")
      ->default_str("500ms..1500ms")
      ->group(kTable);
  add_value<labs::DurationRange>(*dine, "--eat", options.eat, "TIME..TIME", parse_span,
                                 "How long a meal takes, by chance")
      ->default_str("500ms..1s")
      ->group(kTable);
  add_seed(*dine, command->seed)->group(kTable);

  add_value<net::Address>(
      *dine, "--server", command->server, "HOST:PORT",
      [](std::string_view text) { return net::parse_address(text, kTablePort); },
      "The coordinator of --mode tcp: a running `ece465 serve --protocol table`; unless told, one is started here")
      ->group(kTable);

  constexpr const char* kEnd = "End";
  add_value<std::uint64_t>(*dine, "--meals", options.meals, "N", parse_count,
                           "Each leaves after so many meals; 0: never")
      ->default_str("0")
      ->group(kEnd);
  add_value<std::chrono::nanoseconds>(*dine, "--duration", options.duration, "TIME", parse_pause,
                                      "All leave after so long; 0: never")
      ->default_str("0")
      ->group(kEnd);

  constexpr const char* kOutput = "Telling";
  add_text(*dine, "--timeline", command->timeline, "FILE.svg", "Draw who thought, waited and ate when")->group(kOutput);
  add_switch(*dine, "--force", command->force, "Replace a picture that exists")->group(kOutput);
  add_switch(*dine, "--live", command->live, "Show the table in the terminal, as it is, instead of lines")
      ->group(kOutput);
  add_switch(*dine, "--compare", command->compare,
             "Run every mode without time to think or eat, and print one table: what a process, a thread, a coroutine "
             "and a connection cost")
      ->group(kOutput);
  add_switch(*dine, "-q,--quiet", command->quiet, "The summary only")->group(kOutput);
  add_switch(*dine, "--json", command->json, "The summary only, as one JSON object")->group(kOutput);
}

}  // namespace ece465::cli
