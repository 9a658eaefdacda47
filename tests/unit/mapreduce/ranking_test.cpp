#include "ranking.hpp"

#include <doctest/doctest.h>

#include "throughput_estimate.hpp"

using namespace ece465;
using namespace ece465::mapreduce;
using namespace std::chrono_literals;

TEST_SUITE("ranking") {
  TEST_CASE("keys are ordered by rank, and move when it changes") {
    Ranking<WorkerId, int> ranking;
    ranking.put(WorkerId{1}, 30);
    ranking.put(WorkerId{2}, 20);
    ranking.put(WorkerId{3}, 10);
    CHECK(ranking.first()->key == WorkerId{3});
    CHECK(ranking.last()->key == WorkerId{1});
    ranking.put(WorkerId{3}, 40);
    CHECK(ranking.first()->key == WorkerId{2});
    CHECK(ranking.last()->key == WorkerId{3});
    CHECK(ranking.size() == 3);
    ranking.remove(WorkerId{2});
    ranking.remove(WorkerId{2});
    CHECK(ranking.first()->key == WorkerId{1});
    CHECK(ranking.rank_of(WorkerId{3}) == 40);
    CHECK_FALSE(ranking.rank_of(WorkerId{2}).has_value());
  }

  TEST_CASE("equal ranks are ordered by key") {
    Ranking<WorkerId, int> ranking;
    ranking.put(WorkerId{9}, 1);
    ranking.put(WorkerId{4}, 1);
    CHECK(ranking.first()->key == WorkerId{4});
    CHECK(ranking.first_except(WorkerId{4})->key == WorkerId{9});
    CHECK(ranking.first_except(WorkerId{9})->key == WorkerId{4});
    CHECK_FALSE(ranking.first_above(1).has_value());
    CHECK(ranking.first_above(0)->key == WorkerId{4});
  }
}

TEST_SUITE("throughput estimate") {
  TEST_CASE("follows the samples, and is unknown before the first") {
    ThroughputEstimate throughput;
    CHECK_FALSE(throughput.known());
    CHECK(throughput.expected_time(1000) == 0ns);
    throughput.add_sample(1000, 1s);
    CHECK(throughput.expected_time(500) == 500ms);
    for (int i = 0; i < 50; ++i) throughput.add_sample(1000, 2s);
    CHECK(throughput.bytes_per_second() == doctest::Approx(500).epsilon(0.01));
  }

  TEST_CASE("a single straggler changes the estimate little") {
    ThroughputEstimate throughput;
    throughput.add_sample(1000, 1s);
    throughput.add_sample(1000, 1h);
    CHECK(throughput.expected_time(1000) < 2s);
  }

  TEST_CASE("a sample of zero bytes in no time does no harm") {
    ThroughputEstimate throughput;
    throughput.add_sample(0, 0s);
    CHECK(throughput.known());
    CHECK(throughput.expected_time(UINT64_MAX) <= 24h);
  }
}
