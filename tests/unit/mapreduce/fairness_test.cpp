#include "driver.hpp"

using namespace ece465::mapreduce;

namespace {

/// Number of strips of a job that were assigned so far.
std::size_t assigned(Driver& d, JobId job) {
  std::size_t n = 0;
  for (const auto& send : d.all<Send>()) n += send.task.job == job ? 1 : 0;
  return n;
}

}  // namespace

TEST_SUITE("fairness") {
  TEST_CASE("two jobs share a worker strip by strip") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 100, false);
    d.submit(kOther, 100, false);
    for (int i = 0; i < 40; ++i) d.answer(kAnn);
    CHECK(assigned(d, kJob) - assigned(d, kOther) <= 4);  // the four assigned before the other job
  }

  TEST_CASE("shares are in bytes: a job with large strips gets fewer of them") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 100, false, 3 * kMiB);
    d.submit(kOther, 300, false, kMiB);
    for (int i = 0; i < 80; ++i) d.answer(kAnn);
    const auto large = assigned(d, kJob), small = assigned(d, kOther);
    CHECK(small >= 3 * (large - 4));
    CHECK(small <= 3 * (large + 4));
  }

  TEST_CASE("a small late job does not wait for the large one before it") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 1000, false);
    for (int i = 0; i < 100; ++i) d.answer(kAnn);
    d.submit(kOther, 2, false);
    for (int i = 0; i < 12; ++i) d.answer(kAnn);
    CHECK_FALSE(d.scheduler().job(kOther).has_value());  // done
  }

  TEST_CASE("a job accumulates no credit while it has nothing to assign") {
    Driver d;
    d.join_proven({kAnn});
    d.step(JobSubmitted{kOther, {.strip_bytes = std::vector<std::uint64_t>(100, kMiB), .ready = 0, .apply = false}});
    d.submit(kJob, 1000, false);
    for (int i = 0; i < 100; ++i) d.answer(kAnn);
    d.step(StripsReady{kOther, 100});
    d.clear();
    for (int i = 0; i < 40; ++i) d.answer(kAnn);
    CHECK(assigned(d, kJob) >= 18);
    CHECK(assigned(d, kOther) >= 18);
  }

  TEST_CASE("a job with kept strips does not starve one without") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 16);
    while (d.view(kJob).stage == Stage::map) d.answer(kAnn);
    d.submit(kOther, 100);
    d.clear();
    d.step(TableReady{kJob});
    for (int i = 0; i < 16; ++i) d.answer(kAnn);
    CHECK(assigned(d, kJob) >= 7);
    CHECK(assigned(d, kOther) >= 7);
  }
}
