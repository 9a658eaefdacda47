#include "driver.hpp"

using namespace ece465::mapreduce;

namespace {

/// Two proven workers and a job whose last strip is with Bob, who is slow today.
struct Tail {
  Driver d;
  Tail() {
    d.team({kAnn, kBob}, {.credit_bytes = kMiB, .max_tasks = 8, .drops = true});
    d.submit(kJob, 2, false);
    REQUIRE(d.open(kBob).size() == 1);
    d.answer(kAnn);
  }
};

}  // namespace

TEST_SUITE("speculation") {
  TEST_CASE("near the end a strip that takes too long is run twice") {
    Tail tail;
    CHECK(tail.d.open(kAnn).empty());
    tail.d.wait(150ms);
    REQUIRE(tail.d.open(kAnn).size() == 1);
    CHECK(tail.d.open(kAnn).front().task == tail.d.open(kBob).front().task);
    CHECK(tail.d.open(kAnn).front().attempt != tail.d.open(kBob).front().attempt);
    CHECK(tail.d.view(kJob).report.duplicates == 1);
  }

  TEST_CASE("the scheduler asks to be woken when a strip becomes suspect") {
    Tail tail;
    REQUIRE(tail.d.timer().has_value());
    CHECK(*tail.d.timer() <= tail.d.now() + 150ms);
  }

  TEST_CASE("whoever answers first wins: the other is dropped and its answer ignored") {
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

  TEST_CASE("a dropped attempt uses up credit until its worker has answered") {
    Tail tail;
    tail.d.wait(150ms);
    tail.d.answer(kAnn);
    CHECK(tail.d.view(kBob).bytes_in_flight == kMiB);
    tail.d.answer(kBob, Outcome::dropped);
    CHECK(tail.d.view(kBob).bytes_in_flight == 0);
    CHECK(tail.d.view(kBob).state == WorkerState::active);  // it did as it was told
  }

  TEST_CASE("there are never more than two attempts at work on a strip") {
    Tail tail;
    tail.d.join(kCleo);
    tail.d.wait(150ms);
    tail.d.wait(1s);
    CHECK(tail.d.scheduler().strips(kJob).at(1).workers.size() == 2);
  }

  TEST_CASE("nothing is run twice while strips wait for their first turn") {
    Driver d;
    d.team({kAnn, kBob}, WorkerSpec::one_at_a_time());
    d.submit(kJob, 100, false);
    for (int i = 0; i < 50; ++i) d.answer(kAnn, Outcome::good, 10ms);
    CHECK(d.view(kJob).report.duplicates == 0);
  }

  TEST_CASE("a second attempt is no errand for a newcomer") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 1, false);
    d.join(kBob);
    d.wait(150ms);
    CHECK(d.open(kBob).empty());
    CHECK(d.local().size() == 1);
  }

  TEST_CASE("an attempt is given as long as what is queued before it usually takes") {
    Driver d;
    d.team({kAnn});
    d.submit(kOther, 20, false);
    while (!d.open(kAnn).empty()) d.answer(kAnn, Outcome::good, 200ms);
    d.submit(kJob, 4, false);
    d.wait(1500ms);  // four strips of 200 ms, twice
    CHECK(d.view(kJob).report.duplicates == 0);
    d.wait(200ms);
    CHECK(d.view(kJob).report.duplicates == 1);  // the master has one slot
  }

  TEST_CASE("the master runs the second attempt when nobody else is idle") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 1, false);
    d.wait(150ms);
    REQUIRE(d.local().size() == 1);
    d.run_local();
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("when one of two attempts is lost, the other goes on alone") {
    Tail tail;
    tail.d.wait(150ms);
    tail.d.step(WorkerLost{kBob});
    CHECK(tail.d.view(kJob).running == 1);
    CHECK(tail.d.view(kJob).waiting == 0);
    tail.d.answer(kAnn);
    CHECK(tail.d.all<JobDone>().size() == 1);
  }
}
