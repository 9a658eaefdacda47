#include "duration_histogram.hpp"

#include <doctest/doctest.h>

#include "random.hpp"

using namespace ece465::labs;
using namespace std::chrono_literals;

TEST_SUITE("labs: duration histogram") {
  TEST_CASE("minimum and maximum are exact, percentiles within 3 %") {
    DurationHistogram durations;
    for (int i = 1; i <= 1000; ++i) durations.add(std::chrono::microseconds(i));
    CHECK(durations.count() == 1000);
    CHECK(durations.min() == 1us);
    CHECK(durations.max() == 1000us);
    CHECK(static_cast<double>(durations.percentile(0.5).count()) == doctest::Approx(500'000).epsilon(0.03));
    CHECK(static_cast<double>(durations.percentile(0.99).count()) == doctest::Approx(990'000).epsilon(0.03));
    CHECK(durations.percentile(1) == 1000us);
  }

  TEST_CASE("histograms add up, and a single duration is its own percentile") {
    DurationHistogram all, one;
    one.add(3s);
    all.add(one);
    all.add(DurationHistogram());
    CHECK(all.count() == 1);
    CHECK(all.percentile(0.5) == 3s);
    CHECK(all.min() == 3s);
    one.add(-5ns);  // a clock that went back counts as 0
    CHECK(one.min() == 0ns);
  }

  TEST_CASE("random durations depend on seed and stream only, and stay in range") {
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
