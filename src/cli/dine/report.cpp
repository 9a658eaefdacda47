#include "report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/text.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Philosophers that get a line of their own; of more, those who ate least and most.
constexpr std::size_t kLines = 16;

std::string_view end_name(labs::DineEnd end) {
  switch (end) {
    case labs::DineEnd::meals: return "meals";
    case labs::DineEnd::duration: return "duration";
    case labs::DineEnd::interrupted: return "interrupted";
    case labs::DineEnd::deadlock: return "deadlock";
    case labs::DineEnd::violation: return "breach";
  }
  return "?";
}

std::string row(std::string_view name, std::uint64_t meals, const std::optional<labs::DurationStats>& waited,
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

Json json_of(const std::optional<labs::DurationStats>& waited) {
  if (!waited) return nullptr;
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
  if (report.seats.size() <= kLines) {
    for (const auto& seat : report.seats) {
      text += row(fmt::format("{}", seat.number), seat.meals, seat.waited, remark(seat));
    }
  } else {
    const auto [least, most] = std::ranges::minmax_element(report.seats, {}, &labs::SeatReport::meals);
    text += row(fmt::format("{}", least->number), least->meals, least->waited, "ate least");
    text += row(fmt::format("{}", most->number), most->meals, most->waited, "ate most");
  }
  text += row("all", report.meals, report.waited, {});
  text += fmt::format("start {}, {} context switches ({} forced), peak memory {}, {} each\n",
                      short_time(report.start_up), format_count(report.voluntary_switches + report.forced_switches),
                      format_count(report.forced_switches), format_bytes(report.peak_memory_bytes),
                      format_bytes(report.memory_per_philosopher));
  return text;
}

std::string dine_json(const labs::DineOptions& options, const labs::DineReport& report) {
  Json json{{"command", "dine"},
            {"mode", mode_name(options.mode)},
            {"strategy", strategy_name(options.strategy)},
            {"on_busy", options.on_busy == labs::OnBusy::queue ? "queue" : "deny"},
            {"philosophers", options.philosophers},
            {"seed", options.seed},
            {"end", end_name(report.end)}};
  json["deadlock"] = report.cycle.empty() ? Json(nullptr) : Json(report.cycle);
  json["breach"] = report.violation.empty() ? Json(nullptr) : Json(report.violation);
  json["start_up_seconds"] = seconds(report.start_up);
  json["elapsed_seconds"] = seconds(report.elapsed);
  json["meals"] = report.meals;
  json["meals_per_second"] = report.meals_per_second;
  json["fairness"] = report.fairness;
  json["wait_seconds"] = json_of(report.waited);
  json["context_switches"] = {{"voluntary", report.voluntary_switches}, {"forced", report.forced_switches}};
  json["peak_memory_bytes"] = report.peak_memory_bytes;
  json["memory_per_philosopher_bytes"] = report.memory_per_philosopher;
  json["seats"] = Json::array();
  for (const auto& seat : report.seats) {
    json["seats"].push_back({{"philosopher", seat.number},
                             {"meals", seat.meals},
                             {"denied", seat.denied},
                             {"lost", seat.lost},
                             {"wait_seconds", json_of(seat.waited)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace ece465::cli
