#include <doctest/doctest.h>

#include "ece465/labs/dine.hpp"

using namespace ece465::labs;
using namespace std::chrono_literals;

namespace {

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// Thinks and eats in turn, for a millisecond each.
SeatReport eater(int number, int entries) {
  SeatReport seat;
  seat.number = number;
  for (int i = 0; i < entries; ++i) {
    seat.timeline.push_back({i * 1ms, i % 2 == 0 ? Activity::thinking : Activity::eating});
  }
  return seat;
}

std::string draw(const DineReport& report) {
  DineOptions options;
  options.philosophers = static_cast<int>(report.seats.size());
  return timeline_svg(options, report);
}

constexpr std::string_view kMeal = "#3f8f4f";  // also in the legend

}  // namespace

TEST_SUITE("labs: timeline") {
  TEST_CASE("a bar for each activity, the last one to the end") {
    DineReport report;
    report.elapsed = 10ms;
    report.seats = {eater(0, 4), eater(1, 6)};
    const std::string svg = draw(report);
    CHECK(times(svg, kMeal) == 1 + 2 + 3);
    CHECK(svg.find("width=\"450.00\"") != std::string::npos);  // from 5 to 10 ms of 900 points
    CHECK(svg.find("the first") == std::string::npos);
  }

  TEST_CASE("a truncated picture is labelled as such") {
    DineReport report;
    report.elapsed = 10s;
    report.seats = {eater(0, 4000), eater(1, 10)};
    const std::string svg = draw(report);
    CHECK(svg.find("the first 2 of 10 s") != std::string::npos);
    CHECK(times(svg, kMeal) == 1 + 1000 + 5);

    report.seats.clear();
    for (int i = 0; i < 150; ++i) report.seats.push_back(eater(i, 2));
    CHECK(draw(report).find("the first 100 of 150 philosophers") != std::string::npos);
  }
}
