#include "dining/table_watch.hpp"

#include <doctest/doctest.h>

#include "dining/wait_for.hpp"

using namespace ece465::labs;

namespace {

void eat(TableWatch& table, int i) {
  table.asks(i);
  table.takes(i, table.left_fork(i));
  table.takes(i, table.right_fork(i));
  table.eats(i);
}

void stop(TableWatch& table, int i) {
  table.stops_eating(i);
  table.puts(i, table.left_fork(i));
  table.puts(i, table.right_fork(i));
  table.thinks(i);
}

std::string breach_of(const TableWatch& table) {
  DineReport report;
  table.report(report);
  return report.breach;
}

}  // namespace

TEST_SUITE("labs: table watch") {
  TEST_CASE("counts meals, waits and how fairly they are shared") {
    TableWatch table(4, true, [] { FAIL("no breach"); });
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
    CHECK(report.seats[0].waited->least <= report.seats[0].waited->most);
    REQUIRE(report.seats[1].timeline.size() == 3);
    CHECK(report.seats[1].timeline[1].doing == Doing::eating);
    CHECK(report.breach.empty());
  }

  TEST_CASE("sees neighbours eat together, and tells what led to it") {
    int breaches = 0;
    TableWatch table(5, false, [&] { ++breaches; });
    eat(table, 1);
    CHECK(breaches == 0);
    eat(table, 2);  // takes fork 2, which 1 has
    CHECK(breaches == 1);
    const std::string breach = breach_of(table);
    CHECK(breach.starts_with("fork 2 is in two hands: 2 took it while 1 had it\n"));
    CHECK(breach.find("1 takes fork 2\n") != std::string::npos);
    CHECK(breach.find("2 asks\n") != std::string::npos);
  }

  TEST_CASE("sees who eats without forks, even where no fork is in two hands") {
    TableWatch table(3, false, [] {});
    eat(table, 0);
    table.eats(1);
    CHECK(breach_of(table).starts_with("the neighbours 1 and 0 eat at the same time\n"));
    TableWatch other(3, false, [] {});
    other.takes(0, 0);
    other.eats(0);
    CHECK(breach_of(other).starts_with("0 eats without fork 1\n"));
  }

  TEST_CASE("sees a fork put back by somebody who has it not") {
    TableWatch table(3, false, [] {});
    table.puts(0, 1);
    CHECK(breach_of(table).starts_with("0 puts fork 1 back"));
  }

  TEST_CASE("who leaves has put back what he held, and seats that nobody took are not reported") {
    TableWatch table(5, false, [] { FAIL("no breach"); });
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
  TEST_CASE("a circle counts when it stands from one look to the next") {
    TableWatch table(3, false, [] {});
    WaitFor waits(3);
    for (int i = 0; i < 3; ++i) table.takes(i, i);
    for (int i = 0; i < 3; ++i) waits.begins(i, (i + 1) % 3);
    CHECK_FALSE(waits.look(table));
    const auto circle = waits.look(table);
    REQUIRE(circle);
    CHECK(*circle == std::vector<int>{0, 1, 2});
    CHECK(cycle_text(*circle) == "0 waits for 1 waits for 2 waits for 0");
  }

  TEST_CASE("a chain is no circle, and a circle in which somebody has waited twice is none yet") {
    TableWatch table(3, false, [] {});
    WaitFor waits(3);
    for (int i = 0; i < 3; ++i) table.takes(i, i);
    waits.begins(0, 1);
    waits.begins(1, 2);
    CHECK_FALSE(waits.look(table));
    CHECK_FALSE(waits.look(table));
    waits.begins(2, 0);
    CHECK_FALSE(waits.look(table));
    waits.ends(2);
    waits.begins(2, 0);
    CHECK_FALSE(waits.look(table));
    CHECK(waits.look(table));
  }

  TEST_CASE("long circles are told without their middle") {
    std::vector<int> circle;
    for (int i = 0; i < 100; ++i) circle.push_back(i);
    CHECK(cycle_text(circle).starts_with("0 waits for 1 waits for"));
    CHECK(cycle_text(circle).find("5 waits for ... waits for 94 waits for") != std::string::npos);
    CHECK(cycle_text(circle).ends_with("99 waits for 0"));
  }
}
