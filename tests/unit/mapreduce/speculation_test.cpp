#include "driver.hpp"

using namespace ece465::mapreduce;

namespace {

/// Two proven workers and a job whose last strip is with Bob, who is slow.
struct Tail {
  Driver d;
  Tail() {
    d.join_proven({kAnn, kBob}, {.credit_bytes = kMiB, .max_tasks = 8, .supports_drop = true});
    d.submit(kJob, 2, false);
    REQUIRE(d.open(kBob).size() == 1);
    d.answer(kAnn);
  }
};

}  // namespace

TEST_SUITE("speculation") {
  TEST_CASE("near the end a strip that takes too long gets a second attempt") {
    Tail tail;
    CHECK(tail.d.open(kAnn).empty());
    tail.d.wait(150ms);
    REQUIRE(tail.d.open(kAnn).size() == 1);
    CHECK(tail.d.open(kAnn).front().task == tail.d.open(kBob).front().task);
    CHECK(tail.d.open(kAnn).front().attempt != tail.d.open(kBob).front().attempt);
    CHECK(tail.d.view(kJob).report.duplicates == 1);
  }

  TEST_CASE("the timer is set for when a strip may become a straggler") {
    Tail tail;
    REQUIRE(tail.d.timer().has_value());
    CHECK(*tail.d.timer() <= tail.d.now() + 150ms);
  }

  TEST_CASE("the first answer wins: the other attempt is dropped and its answer ignored") {
    for (const WorkerId winner : {kAnn, kBob}) {
      Tail tail;
      tail.d.wait(150ms);
      const WorkerId loser = winner == kAnn ? kBob : kAnn;
      tail.d.answer(winner);
      CHECK(tail.d.all<Accept>().size() == 2);
      REQUIRE(tail.d.all<Drop>().size() == 1);
      CHECK(tail.d.all<Drop>().at(0).worker == loser);
      CHECK(tail.d.all<JobDone>().size() == 1);
      tail.d.answer(loser);
      CHECK(tail.d.all<Accept>().size() == 2);
      CHECK(tail.d.scheduler().totals().attempts == 0);
    }
  }

  TEST_CASE("a dropped attempt uses credit until its worker has answered") {
    Tail tail;
    tail.d.wait(150ms);
    tail.d.answer(kAnn);
    CHECK(tail.d.view(kBob).bytes_in_flight == kMiB);
    tail.d.answer(kBob, Outcome::dropped);
    CHECK(tail.d.view(kBob).bytes_in_flight == 0);
    CHECK(tail.d.view(kBob).state == WorkerState::active);  // not a failure
  }

  TEST_CASE("a strip never has more than two running attempts") {
    Tail tail;
    tail.d.join(kCleo);
    tail.d.wait(150ms);
    tail.d.wait(1s);
    CHECK(tail.d.scheduler().strips(kJob).at(1).workers.size() == 2);
  }

  TEST_CASE("no second attempts while strips wait for their first") {
    Driver d;
    d.join_proven({kAnn, kBob}, WorkerSpec::one_at_a_time());
    d.submit(kJob, 100, false);
    for (int i = 0; i < 50; ++i) d.answer(kAnn, Outcome::good, 10ms);
    CHECK(d.view(kJob).report.duplicates == 0);
  }

  TEST_CASE("a worker on probation gets no second attempts") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 1, false);
    d.join(kBob);
    d.wait(150ms);
    CHECK(d.open(kBob).empty());
    CHECK(d.local().size() == 1);
  }

  TEST_CASE("an attempt gets the usual time for everything queued before it") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kOther, 20, false);
    while (!d.open(kAnn).empty()) d.answer(kAnn, Outcome::good, 200ms);
    d.submit(kJob, 4, false);
    d.wait(1500ms);  // four strips of 200 ms, twice
    CHECK(d.view(kJob).report.duplicates == 0);
    d.wait(200ms);
    CHECK(d.view(kJob).report.duplicates == 1);  // the master has one slot
  }

  TEST_CASE("the master runs the second attempt if no worker is idle") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 1, false);
    d.wait(150ms);
    REQUIRE(d.local().size() == 1);
    d.run_local();
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("if one of two attempts is lost, the other continues") {
    Tail tail;
    tail.d.wait(150ms);
    tail.d.step(WorkerLost{kBob});
    CHECK(tail.d.view(kJob).running == 1);
    CHECK(tail.d.view(kJob).waiting == 0);
    tail.d.answer(kAnn);
    CHECK(tail.d.all<JobDone>().size() == 1);
  }
}
