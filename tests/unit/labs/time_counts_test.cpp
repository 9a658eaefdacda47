#include "time_counts.hpp"

#include <doctest/doctest.h>

#include "random.hpp"

using namespace ece465::labs;
using namespace std::chrono_literals;

TEST_SUITE("labs: time counts") {
  TEST_CASE("ends are exact, percentiles within 3 %") {
    TimeCounts counts;
    for (int i = 1; i <= 1000; ++i) counts.add(std::chrono::microseconds(i));
    CHECK(counts.count() == 1000);
    CHECK(counts.least() == 1us);
    CHECK(counts.most() == 1000us);
    CHECK(static_cast<double>(counts.percentile(0.5).count()) == doctest::Approx(500'000).epsilon(0.03));
    CHECK(static_cast<double>(counts.percentile(0.99).count()) == doctest::Approx(990'000).epsilon(0.03));
    CHECK(counts.percentile(1) == 1000us);
    CHECK(counts.mean() == 500500ns);
  }

  TEST_CASE("counts of several add up, and one alone is itself") {
    TimeCounts all, one;
    one.add(3s);
    all.add(one);
    all.add(TimeCounts());
    CHECK(all.count() == 1);
    CHECK(all.percentile(0.5) == 3s);
    CHECK(all.least() == 3s);
    one.add(-5ns);  // a clock that went back counts as nothing
    CHECK(one.least() == 0ns);
  }

  TEST_CASE("chance is the same for the same seed, differs between streams, and stays within its span") {
    Random a(7, 1), b(7, 1), c(7, 2);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
      const auto time = a.between(10ms, 20ms);
      CHECK(time >= 10ms);
      CHECK(time <= 20ms);
      CHECK(time == b.between(10ms, 20ms));
      differs = differs || time != c.between(10ms, 20ms);
    }
    CHECK(differs);
    CHECK(a.between(5ms, 5ms) == 5ms);
  }
}
