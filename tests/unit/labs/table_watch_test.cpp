#include "dining/table_watch.hpp"

#include <doctest/doctest.h>

#include "dining/wait_for_graph.hpp"

using namespace ece465::labs;

namespace {

void eat(TableWatch& table, int i) {
  table.asks(i);
  table.takes_both(i);
  table.eats(i);
}

void stop(TableWatch& table, int i) {
  table.stops_eating(i);
  table.puts_both(i);
  table.thinks(i);
}

std::string violation_of(const TableWatch& table) {
  DineReport report;
  table.report(report);
  return report.violation;
}

}  // namespace

TEST_SUITE("labs: table watch") {
  TEST_CASE("measures meals, waiting times and fairness") {
    TableWatch table(4, true, [] { FAIL("no violation"); });
    for (const int i : {0, 2, 1, 3, 0, 2}) {
      eat(table, i);
      stop(table, i);
    }
    DineReport report;
    table.report(report);
    CHECK(report.meals == 6);
    CHECK(report.fairness == doctest::Approx(36.0 / (4 * 10)));
    REQUIRE(report.seats.size() == 4);
    CHECK(report.seats[0].meals == 2);
    CHECK(report.seats[0].waited->min <= report.seats[0].waited->max);
    REQUIRE(report.seats[1].timeline.size() == 3);
    CHECK(report.seats[1].timeline[1].activity == Activity::eating);
    CHECK(report.violation.empty());
  }

  TEST_CASE("detects neighbours that eat together, and reports the events that led to it") {
    int violations = 0;
    TableWatch table(5, false, [&] { ++violations; });
    eat(table, 1);
    CHECK(violations == 0);
    eat(table, 2);  // takes fork 2, which 1 holds
    CHECK(violations == 1);
    const std::string violation = violation_of(table);
    CHECK(violation.starts_with("fork 2 has two holders: 2 took it while 1 had it\n"));
    CHECK(violation.find("1 takes fork 2\n") != std::string::npos);
    CHECK(violation.find("2 asks\n") != std::string::npos);
  }

  TEST_CASE("detects eating without forks, even if no fork has two holders") {
    TableWatch table(3, false, [] {});
    eat(table, 0);
    table.eats(1);
    CHECK(violation_of(table).starts_with("neighbours 1 and 0 eat at the same time\n"));
    TableWatch other(3, false, [] {});
    other.takes(0, 0);
    other.eats(0);
    CHECK(violation_of(other).starts_with("0 eats without fork 1\n"));
  }

  TEST_CASE("detects the return of a fork that the philosopher does not hold") {
    TableWatch table(3, false, [] {});
    table.puts(0, 1);
    CHECK(violation_of(table).starts_with("0 puts back fork 1"));
  }

  TEST_CASE("leaving returns the forks, and seats never taken are not reported") {
    TableWatch table(5, false, [] { FAIL("no violation"); });
    eat(table, 0);
    table.leaves(0, true);
    eat(table, 1);
    DineReport report;
    table.report(report);
    REQUIRE(report.seats.size() == 2);
    CHECK(report.seats[0].lost);
    CHECK(report.seats[1].number == 1);
  }
}

TEST_SUITE("labs: wait-for graph") {
  TEST_CASE("a cycle counts if it persists from one reading to the next") {
    TableWatch table(3, false, [] {});
    WaitForGraph waits(3);
    for (int i = 0; i < 3; ++i) table.takes(i, i);
    for (int i = 0; i < 3; ++i) waits.begins(i, (i + 1) % 3);
    CHECK_FALSE(waits.find_cycle(table));
    const auto cycle = waits.find_cycle(table);
    REQUIRE(cycle);
    CHECK(*cycle == std::vector<int>{0, 1, 2});
    CHECK(cycle_text(*cycle) == "0 waits for 1 waits for 2 waits for 0");
  }

  TEST_CASE("a chain is not a cycle, nor is a cycle with a wait that was interrupted") {
    TableWatch table(3, false, [] {});
    WaitForGraph waits(3);
    for (int i = 0; i < 3; ++i) table.takes(i, i);
    waits.begins(0, 1);
    waits.begins(1, 2);
    CHECK_FALSE(waits.find_cycle(table));
    CHECK_FALSE(waits.find_cycle(table));
    waits.begins(2, 0);
    CHECK_FALSE(waits.find_cycle(table));
    waits.ends(2);
    waits.begins(2, 0);
    CHECK_FALSE(waits.find_cycle(table));
    CHECK(waits.find_cycle(table));
  }

  TEST_CASE("long cycles are abbreviated in the middle") {
    std::vector<int> cycle;
    for (int i = 0; i < 100; ++i) cycle.push_back(i);
    CHECK(cycle_text(cycle).starts_with("0 waits for 1 waits for"));
    CHECK(cycle_text(cycle).find("5 waits for ... waits for 94 waits for") != std::string::npos);
    CHECK(cycle_text(cycle).ends_with("99 waits for 0"));
  }
}
