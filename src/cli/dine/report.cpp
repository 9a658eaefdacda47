#include "report.hpp"

#include <algorithm>

#include "common/json.hpp"
#include "common/text.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cli {
namespace {

/// Up to this many philosophers get a line each; otherwise only those with the fewest and most meals.
constexpr std::size_t kMaxLines = 16;

std::string_view dine_end_name(labs::DineEnd end) {
  switch (end) {
    case labs::DineEnd::meals: return "meals";
    case labs::DineEnd::duration: return "duration";
    case labs::DineEnd::interrupted: return "interrupted";
    case labs::DineEnd::deadlock: return "deadlock";
    case labs::DineEnd::violation: return "breach";
  }
  return "?";
}

std::string seat_row(std::string_view name, std::uint64_t meals, const std::optional<labs::DurationStats>& waited,
                     std::string_view more) {
  std::string line = fmt::format("{:>11}  {:>8}", name, format_count(meals));
  if (waited) {
    line += fmt::format("  {:>10}  {:>10}  {:>10}  {:>10}", short_time(waited->min), short_time(waited->median),
                        short_time(waited->p99), short_time(waited->max));
  }
  return line + (more.empty() ? "" : fmt::format("  {}", more)) + "\n";
}

std::string remark(const labs::SeatReport& seat) {
  if (seat.lost) return "lost";
  return seat.denied > 0 ? fmt::format("denied {} times", format_count(seat.denied)) : std::string();
}

Json stats_json(const std::optional<labs::DurationStats>& waited) {
  if (!waited) return {};
  return {{"min", seconds(waited->min)},
          {"median", seconds(waited->median)},
          {"p99", seconds(waited->p99)},
          {"max", seconds(waited->max)}};
}

}  // namespace

std::string_view mode_name(labs::DineMode mode) {
  switch (mode) {
    case labs::DineMode::ipc: return "ipc";
    case labs::DineMode::thread: return "thread";
    case labs::DineMode::async: return "async";
    case labs::DineMode::tcp: return "tcp";
  }
  return "?";
}

std::string_view strategy_name(labs::Strategy strategy) {
  switch (strategy) {
    case labs::Strategy::ordered: return "ordered";
    case labs::Strategy::coordinator: return "coordinator";
    case labs::Strategy::naive: return "naive";
  }
  return "?";
}

std::string dine_summary(const labs::DineOptions& options, const labs::DineReport& report, const Paint& paint) {
  std::string text =
      fmt::format("{} philosophers, {}, {}, seed {}: {} in {}, {} a second, fairness {:.3f}\n", options.philosophers,
                  mode_name(options.mode), strategy_name(options.strategy), options.seed, counted(report.meals, "meal"),
                  short_time(report.elapsed),
                  report.meals_per_second < 100 ? fmt::format("{:.2f}", report.meals_per_second)
                                                : format_count(static_cast<std::uint64_t>(report.meals_per_second)),
                  report.fairness);
  text += paint.bold(fmt::format("{:>11}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}", "PHILOSOPHER", "MEALS", "WAITED MIN",
                                 "MEDIAN", "P99", "MAX")) +
          "\n";
  if (report.seats.size() <= kMaxLines) {
    for (const auto& seat : report.seats) {
      text += seat_row(fmt::format("{}", seat.number), seat.meals, seat.waited, remark(seat));
    }
  } else {
    const auto [min, max] = std::ranges::minmax_element(report.seats, {}, &labs::SeatReport::meals);
    text += seat_row(fmt::format("{}", min->number), min->meals, min->waited, "fewest meals");
    text += seat_row(fmt::format("{}", max->number), max->meals, max->waited, "most meals");
  }
  text += seat_row("all", report.meals, report.waited, {});
  text += fmt::format("start {}, {} context switches ({} forced), peak memory {}, {} each\n",
                      short_time(report.start_up), format_count(report.voluntary_switches + report.forced_switches),
                      format_count(report.forced_switches), format_bytes(report.peak_memory_bytes),
                      format_bytes(report.memory_per_philosopher));
  return text;
}

std::string dine_json(const labs::DineOptions& options, const labs::DineReport& report) {
  Json seats = Json::array();
  for (const auto& seat : report.seats) {
    seats.push_back({{"philosopher", seat.number},
                     {"meals", seat.meals},
                     {"denied", seat.denied},
                     {"lost", seat.lost},
                     {"wait_seconds", stats_json(seat.waited)}});
  }
  const Json json{{"command", "dine"},
                  {"mode", mode_name(options.mode)},
                  {"strategy", strategy_name(options.strategy)},
                  {"on_busy", options.on_busy == labs::OnBusy::queue ? "queue" : "deny"},
                  {"philosophers", options.philosophers},
                  {"seed", options.seed},
                  {"end", dine_end_name(report.end)},
                  {"deadlock", report.cycle.empty() ? Json() : Json::array(report.cycle)},
                  {"breach", report.violation.empty() ? Json() : Json(report.violation)},
                  {"start_up_seconds", seconds(report.start_up)},
                  {"elapsed_seconds", seconds(report.elapsed)},
                  {"meals", report.meals},
                  {"meals_per_second", report.meals_per_second},
                  {"fairness", report.fairness},
                  {"wait_seconds", stats_json(report.waited)},
                  {"context_switches", {{"voluntary", report.voluntary_switches}, {"forced", report.forced_switches}}},
                  {"peak_memory_bytes", report.peak_memory_bytes},
                  {"memory_per_philosopher_bytes", report.memory_per_philosopher},
                  {"seats", seats}};
  return json.pretty() + "\n";
}

}  // namespace ece465::cli
