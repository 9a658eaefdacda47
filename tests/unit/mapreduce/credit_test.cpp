#include "driver.hpp"

using namespace ece465::mapreduce;

TEST_SUITE("credit") {
  TEST_CASE("a new worker gets one strip, and its full credit after a good answer") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 20);
    CHECK(d.open(kAnn).size() == 1);
    CHECK(d.view(kAnn).state == WorkerState::probation);
    d.answer(kAnn);
    CHECK(d.open(kAnn).size() == 4);  // 4 MiB of 1 MiB strips
    CHECK(d.view(kAnn).state == WorkerState::active);
    CHECK(d.view(kAnn).bytes_in_flight == 4 * kMiB);
  }

  TEST_CASE("a new worker gets a strip although a proven worker has credit left, but has its share") {
    Driver d;
    d.join_proven({kAnn});
    d.join(kBob);
    d.submit(kJob, 4, false);
    CHECK(d.open(kAnn).size() == 2);
    CHECK(d.open(kBob).size() == 1);
  }

  TEST_CASE("a strip is assigned for every one answered, so a fast worker gets more") {
    Driver d;
    d.join_proven({kAnn, kBob});
    d.submit(kJob, 100);
    for (int i = 0; i < 30; ++i) d.answer(kAnn);
    d.answer(kBob);
    CHECK(d.open(kAnn).size() == 4);
    CHECK(d.open(kBob).size() == 4);
    const auto shares = d.view(kJob).report.shares;
    CHECK(shares.at(kAnn).strips == 30);
    CHECK(shares.at(kBob).strips == 1);
  }

  TEST_CASE("the last strips are spread over the workers, not given to the first free one") {
    Driver d;
    d.join_proven({kAnn, kBob, kCleo});
    d.submit(kJob, 6, false);
    for (const auto worker : {kAnn, kBob, kCleo}) CHECK(d.open(worker).size() == 2);
  }

  TEST_CASE("a worker of the older dialects holds one strip at a time") {
    Driver d;
    d.join_proven({kAnn}, WorkerSpec::one_at_a_time());
    d.submit(kJob, 5);
    for (int i = 0; i < 5; ++i) {
      CHECK(d.open(kAnn).size() == 1);
      d.answer(kAnn);
    }
    CHECK(d.all<PhaseDone>().size() == 1);
  }

  TEST_CASE("a strip larger than the credit goes to a worker without open requests") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 3, true, 50 * kMiB);
    CHECK(d.open(kAnn).size() == 1);
    d.answer(kAnn);
    CHECK(d.open(kAnn).size() == 1);
  }

  TEST_CASE("strips in flight never exceed the credit") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 20, true, kMiB * 3 / 2);
    CHECK(d.open(kAnn).size() == 2);  // a third would make 4.5 MiB
    d.submit(kOther, 1, true, 3 * kMiB);
    d.answer(kAnn);
    CHECK(d.open(kAnn).size() == 1);  // the other job's strip is next, and does not fit beside this one
    while (d.scheduler().strips(kOther).at(0).state != StripState::done) d.answer(kAnn);
  }

  TEST_CASE("the master caps what a worker offers") {
    Driver d({.max_worker_credit_bytes = 2 * kMiB, .max_worker_keep_bytes = kMiB});
    auto excessive = modern();
    excessive.credit_bytes = UINT64_MAX;
    excessive.keep_bytes = UINT64_MAX;
    d.join_proven({kAnn}, excessive);
    d.submit(kJob, 20);
    CHECK(d.open(kAnn).size() == 2);
    CHECK(d.view(kAnn).bytes_kept == kMiB);
  }

  TEST_CASE("all workers together never exceed the total credit") {
    Driver d({.total_credit_bytes = 5 * kMiB});
    d.join_proven({kAnn, kBob, kCleo});
    d.submit(kJob, 100);
    CHECK(d.scheduler().totals().bytes_in_flight == 5 * kMiB);
  }

  TEST_CASE("the next strip goes to the worker that is expected to finish it first") {
    Driver d;
    d.join_proven({kAnn, kBob});
    d.submit(kOther, 2, false);
    const WorkerId slow = d.all<Send>().at(0).worker;
    const WorkerId fast = slow == kAnn ? kBob : kAnn;
    d.answer(fast);
    d.answer(slow, Outcome::good, 50ms);
    d.submit(kJob, 1, false);
    CHECK(d.open(fast).size() == 1);
    CHECK(d.open(slow).empty());
  }

  TEST_CASE("strips that are still being decoded are not assigned") {
    Driver d;
    d.join_proven({kAnn});
    d.step(JobSubmitted{kJob, {.strip_bytes = std::vector<std::uint64_t>(4, kMiB), .ready = 1}});
    CHECK(d.open(kAnn).size() == 1);
    d.step(StripsReady{kJob, 3});
    CHECK(d.open(kAnn).size() == 3);
    d.step(StripsReady{kJob, 2});    // repeated or out of order: no effect
    d.step(StripsReady{kJob, 900});  // more than exist: all
    CHECK(d.open(kAnn).size() == 4);
  }

  TEST_CASE("strips go only to workers with the capabilities that their job needs") {
    constexpr Capabilities kSixteenBits = 1, kWordCount = 2;
    Driver d;
    auto capable = modern();
    capable.capabilities = kSixteenBits | kWordCount;
    d.join(kAnn, capable);
    d.join(kBob, WorkerSpec::one_at_a_time());
    d.submit(JobId{50}, 20, false);
    d.finish({kAnn, kBob});
    d.step(JobSubmitted{kJob, {.strip_bytes = std::vector<std::uint64_t>(9, kMiB), .ready = 9, .needs = kSixteenBits}});
    CHECK(d.open(kAnn).size() == 4);
    CHECK(d.open(kBob).empty());
    d.submit(kOther, 9);  // needs no capability: the idle worker takes it, although the other job came first
    CHECK(d.open(kBob).size() == 1);
    d.step(WorkerLost{kAnn});
    REQUIRE(d.local().size() == 1);  // no other worker has the capability, so the master does it
    CHECK(d.local().front().task.job == kJob);
  }
}
