#include "driver.hpp"

using namespace ece465::mapreduce;

TEST_SUITE("lost and failing workers") {
  TEST_CASE("a lost worker's strips go to others") {
    Driver d;
    d.team({kAnn, kBob});
    d.submit(kJob, 20, false);
    CHECK(d.open(kAnn).size() == 4);
    d.step(WorkerLost{kAnn});
    CHECK_FALSE(d.scheduler().worker(kAnn).has_value());
    d.answer_all(kBob);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(d.all<JobDone>().at(0).report.misses == 4);
    CHECK(d.all<Accept>().size() == 20);
  }

  TEST_CASE("an answer of a worker that is gone is ignored") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1, false);
    const auto send = d.open(kAnn).front();
    d.step(WorkerLost{kAnn});
    d.step(Answered{.worker = kAnn, .attempt = send.attempt});
    CHECK(d.all<Accept>().empty());
    d.run_local();
    CHECK(d.all<Accept>().size() == 1);
  }

  TEST_CASE("an answer that comes twice is merged once") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 2);
    const auto send = d.answer(kAnn);
    d.step(Answered{.worker = kAnn, .attempt = send.attempt});
    CHECK(d.all<Accept>().size() == 1);
  }

  TEST_CASE("nobody answers for another worker") {
    Driver d;
    d.join(kAnn);
    d.join(kBob);
    d.submit(kJob, 1, false);
    const auto send = d.all<Send>().at(0);
    d.step(Answered{.worker = send.worker == kAnn ? kBob : kAnn, .attempt = send.attempt});
    CHECK(d.all<Accept>().empty());
  }

  TEST_CASE("a lying worker's answer is not merged, its strip goes to another, and it is quarantined") {
    Driver d;
    d.team({kAnn, kBob});
    d.submit(kJob, 1, false);
    const WorkerId liar = d.open(kAnn).empty() ? kBob : kAnn;
    const WorkerId other = liar == kAnn ? kBob : kAnn;
    const auto lie = d.answer(liar, Outcome::lie);
    CHECK(d.all<Accept>().empty());
    CHECK(d.view(liar).state == WorkerState::quarantined);
    REQUIRE(d.open(other).size() == 1);
    CHECK(d.open(other).front().task == lie.task);
    d.answer(other);
    CHECK(d.all<JobDone>().at(0).report.lies == 1);
  }

  TEST_CASE("after its quarantine a worker proves itself again, and the next lie costs it twice as long") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 100, false);
    d.answer(kAnn, Outcome::lie);
    d.answer_all(kAnn);  // what it holds is welcome all the same
    CHECK(d.all<Accept>().size() == 3);
    d.wait(1900ms);
    CHECK(d.view(kAnn).state == WorkerState::quarantined);
    d.wait(200ms);
    CHECK(d.view(kAnn).state == WorkerState::proving);
    CHECK(d.open(kAnn).size() == 1);
    d.answer(kAnn);
    CHECK(d.view(kAnn).state == WorkerState::active);
    d.answer(kAnn, Outcome::lie);
    d.answer_all(kAnn);
    d.wait(3900ms);
    CHECK(d.view(kAnn).state == WorkerState::quarantined);
    d.wait(200ms);
    CHECK(d.view(kAnn).state == WorkerState::proving);
  }

  TEST_CASE("the third lie on one connection ends it") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 100, false);
    for (int i = 0; i < 3; ++i) d.answer(kAnn, Outcome::lie);
    REQUIRE(d.all<CloseWorker>().size() == 1);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::lying);
    CHECK(d.scheduler().totals().workers == 0);
  }

  TEST_CASE("failures are forgiven by a good answer, while many in a row end the connection") {
    Driver d;
    d.join(kAnn, {.max_tasks = 4});  // no heartbeat: it may sit out its quarantines
    d.submit(kJob, 100, false);
    d.answer(kAnn, Outcome::failed);
    CHECK(d.view(kAnn).failures == 1);
    d.wait(3s);
    d.answer(kAnn);
    CHECK(d.view(kAnn).failures == 0);
    while (d.all<CloseWorker>().empty()) {
      if (d.open(kAnn).empty()) {
        d.wait(1s);
      } else {
        d.answer(kAnn, Outcome::failed);
      }
    }
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::failing);
  }

  TEST_CASE("a strip at which several workers failed is left to the master alone") {
    Driver d({.max_misses = 2});
    d.team({kAnn, kBob, kCleo});
    d.submit(kOther, 1, false);
    const WorkerId first = d.all<Send>().back().worker;
    d.step(WorkerLost{first});  // the strip kills whoever touches it
    const WorkerId second = d.all<Send>().back().worker;
    CHECK(second != first);
    d.step(WorkerLost{second});
    CHECK(d.all<Send>().size() == 2);
    CHECK(d.scheduler().strips(kOther).at(0).workers == std::vector{kMaster});
    d.run_local();
    CHECK(d.all<JobDone>().back().outcome == JobOutcome::finished);
  }
}

TEST_SUITE("late workers") {
  TEST_CASE("a late strip goes to somebody else, and the late worker gets nothing until it answers") {
    Driver d;
    d.team({kAnn, kBob});
    d.submit(kJob, 8, false);
    const auto stuck = d.open(kBob).size();
    d.answer_all(kAnn);
    d.wait(2100ms);
    CHECK(d.view(kBob).state == WorkerState::late);
    CHECK(d.open(kBob).size() == stuck);
    d.answer_all(kAnn);
    while (!d.local().empty()) d.run_local();
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    d.answer_all(kBob);
    CHECK(d.view(kBob).state == WorkerState::active);
    CHECK(d.all<Accept>().size() == 8);
  }

  TEST_CASE("also when it has credit left") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 1, false);
    d.wait(2100ms);  // the master tries it too
    CHECK(d.view(kAnn).state == WorkerState::late);
    d.submit(kOther, 10, false);
    CHECK(d.open(kAnn).size() == 1);
    d.answer(kAnn);
    CHECK(d.open(kAnn).size() == 4);
  }

  TEST_CASE("a late answer that is still the first is merged, and the second attempt dropped") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1, false);
    d.wait(10s);
    REQUIRE(d.local().size() == 1);
    d.answer(kAnn);
    CHECK(d.all<Accept>().at(0).worker == kAnn);
    CHECK(d.all<Drop>().at(0).worker == kMaster);
    CHECK(d.all<JobDone>().size() == 1);
    d.run_local();  // too late: ignored
    CHECK(d.all<Accept>().size() == 1);
  }

  TEST_CASE("an answer that comes together with its deadline is in time") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1, false);
    const Time deadline = d.now() + 10s;
    while (d.timer() && *d.timer() < deadline) d.wait(*d.timer() - d.now());
    d.answer(kAnn, Outcome::good, deadline - d.now());
    CHECK(d.all<JobDone>().at(0).report.misses == 0);
  }

  TEST_CASE("a worker that owes an answer far beyond its deadline is closed") {
    Driver d;
    d.join(kAnn, {.drops = true});
    d.submit(kJob, 1, false);
    d.wait(10s);
    CHECK(d.all<CloseWorker>().empty());
    d.wait(21s);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::overdue);
    CHECK(d.scheduler().totals().attempts == 1);  // the master's
  }

  TEST_CASE("when the master itself was asleep, nobody is closed for it") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1, false);
    d.sleep(10min);
    CHECK(d.all<CloseWorker>().empty());
    d.answer(kAnn);
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("a worker known to be slow is given more time") {
    Driver d;
    d.join(kAnn, WorkerSpec::one_at_a_time());
    d.submit(kJob, 100, false);
    d.answer(kAnn, Outcome::good, 4s);
    d.wait(15s);
    CHECK(d.view(kAnn).state == WorkerState::active);
    d.wait(2s);
    CHECK(d.view(kAnn).state == WorkerState::late);  // four times four
  }

  TEST_CASE("late attempts do not use up the credit of all") {
    Driver d({.total_credit_bytes = kMiB});
    d.join(kAnn);
    d.join(kBob);
    d.submit(kJob, 10, false);
    CHECK(d.all<Send>().size() == 1);
    const WorkerId hung = d.all<Send>().at(0).worker;
    d.wait(10s);
    CHECK(d.open(hung == kAnn ? kBob : kAnn).size() == 1);
  }
}

TEST_SUITE("silent workers") {
  TEST_CASE("a worker is pinged in every heartbeat, and closed when nothing came from it for three") {
    Driver d;
    d.join(kAnn);
    d.wait(5s);
    CHECK(d.all<Ping>().size() == 1);
    d.step(WorkerHeard{kAnn});
    d.wait(10s);
    CHECK(d.all<Ping>().size() == 3);
    CHECK(d.all<CloseWorker>().empty());
    d.wait(5s);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::silent);
  }

  TEST_CASE("an older worker has no heartbeat: its silence means nothing while it has nothing to do") {
    Driver d;
    d.join(kAnn, WorkerSpec::one_at_a_time());
    d.wait(1h);
    CHECK(d.all<Ping>().empty());
    CHECK(d.scheduler().totals().workers == 1);
  }

  TEST_CASE("an answer is a sign of life as well") {
    Driver d;
    d.join(kAnn);
    for (unsigned i = 0; i < 10; ++i) {
      d.wait(9s);
      d.submit(JobId{10 + i}, 1, false);
      d.answer(kAnn);
    }
    CHECK(d.all<CloseWorker>().empty());
  }

  TEST_CASE("when the master itself was asleep, nobody has missed more than one heartbeat") {
    Driver d;
    d.join(kAnn);
    d.sleep(10min);
    CHECK(d.all<CloseWorker>().empty());
  }
}
