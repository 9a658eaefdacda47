#include "driver.hpp"

using namespace ece465::mapreduce;

TEST_SUITE("lost and failing workers") {
  TEST_CASE("a lost worker's strips go to others") {
    Driver d;
    d.join_proven({kAnn, kBob});
    d.submit(kJob, 20, false);
    CHECK(d.open(kAnn).size() == 4);
    d.step(WorkerLost{kAnn});
    CHECK_FALSE(d.scheduler().worker(kAnn).has_value());
    d.answer_all(kBob);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(d.all<JobDone>().at(0).report.failed_attempts == 4);
    CHECK(d.all<Accept>().size() == 20);
  }

  TEST_CASE("the answer of a removed worker is ignored") {
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

  TEST_CASE("a duplicate answer is merged once") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 2);
    const auto send = d.answer(kAnn);
    d.step(Answered{.worker = kAnn, .attempt = send.attempt});
    CHECK(d.all<Accept>().size() == 1);
  }

  TEST_CASE("a worker cannot answer for another worker") {
    Driver d;
    d.join(kAnn);
    d.join(kBob);
    d.submit(kJob, 1, false);
    const auto send = d.all<Send>().at(0);
    d.step(Answered{.worker = send.worker == kAnn ? kBob : kAnn, .attempt = send.attempt});
    CHECK(d.all<Accept>().empty());
  }

  TEST_CASE("an invalid result is not merged, its strip goes to another worker, and its worker is quarantined") {
    Driver d;
    d.join_proven({kAnn, kBob});
    d.submit(kJob, 1, false);
    const WorkerId faulty = d.open(kAnn).empty() ? kBob : kAnn;
    const WorkerId other = faulty == kAnn ? kBob : kAnn;
    const auto send = d.answer(faulty, Outcome::invalid_result);
    CHECK(d.all<Accept>().empty());
    CHECK(d.view(faulty).state == WorkerState::quarantined);
    REQUIRE(d.open(other).size() == 1);
    CHECK(d.open(other).front().task == send.task);
    d.answer(other);
    CHECK(d.all<JobDone>().at(0).report.invalid_results == 1);
  }

  TEST_CASE("after its quarantine a worker is on probation, and the next invalid result costs it twice as long") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 100, false);
    d.answer(kAnn, Outcome::invalid_result);
    d.answer_all(kAnn);  // its open requests are still accepted
    CHECK(d.all<Accept>().size() == 3);
    d.wait(1900ms);
    CHECK(d.view(kAnn).state == WorkerState::quarantined);
    d.wait(200ms);
    CHECK(d.view(kAnn).state == WorkerState::probation);
    CHECK(d.open(kAnn).size() == 1);
    d.answer(kAnn);
    CHECK(d.view(kAnn).state == WorkerState::active);
    d.answer(kAnn, Outcome::invalid_result);
    d.answer_all(kAnn);
    d.wait(3900ms);
    CHECK(d.view(kAnn).state == WorkerState::quarantined);
    d.wait(200ms);
    CHECK(d.view(kAnn).state == WorkerState::probation);
  }

  TEST_CASE("the third invalid result closes the connection") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 100, false);
    for (int i = 0; i < 3; ++i) d.answer(kAnn, Outcome::invalid_result);
    REQUIRE(d.all<CloseWorker>().size() == 1);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::invalid_results);
    CHECK(d.scheduler().totals().workers == 0);
  }

  TEST_CASE("a good answer resets the failure count, and many failures in a row close the connection") {
    Driver d;
    d.join(kAnn, {.max_tasks = 4});  // no heartbeat, so quarantines do not close it
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

  TEST_CASE("only the master tries a strip at which several workers failed") {
    Driver d({.max_failed_attempts = 2});
    d.join_proven({kAnn, kBob, kCleo});
    d.submit(kOther, 1, false);
    const WorkerId first = d.all<Send>().back().worker;
    d.step(WorkerLost{first});  // the strip crashes every worker
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
  TEST_CASE("a late strip is reassigned, and the late worker gets nothing until it answers") {
    Driver d;
    d.join_proven({kAnn, kBob});
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

  TEST_CASE("also if it has credit left") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 1, false);
    d.wait(2100ms);  // the master retries it
    CHECK(d.view(kAnn).state == WorkerState::late);
    d.submit(kOther, 10, false);
    CHECK(d.open(kAnn).size() == 1);
    d.answer(kAnn);
    CHECK(d.open(kAnn).size() == 4);
  }

  TEST_CASE("a late answer that is still the first is merged, and the second attempt is dropped") {
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
    CHECK(d.all<JobDone>().at(0).report.failed_attempts == 0);
  }

  TEST_CASE("a worker is closed if its answer is far beyond the deadline") {
    Driver d;
    d.join(kAnn, {.supports_drop = true});
    d.submit(kJob, 1, false);
    d.wait(10s);
    CHECK(d.all<CloseWorker>().empty());
    d.wait(21s);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::overdue);
    CHECK(d.scheduler().totals().attempts == 1);  // the master's
  }

  TEST_CASE("no worker is closed because the master was suspended") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1, false);
    d.sleep(10min);
    CHECK(d.all<CloseWorker>().empty());
    d.answer(kAnn);
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("a worker that is known to be slow gets more time") {
    Driver d;
    d.join(kAnn, WorkerSpec::one_at_a_time());
    d.submit(kJob, 100, false);
    d.answer(kAnn, Outcome::good, 4s);
    d.wait(15s);
    CHECK(d.view(kAnn).state == WorkerState::active);
    d.wait(2s);
    CHECK(d.view(kAnn).state == WorkerState::late);  // deadline_factor times 4 s
  }

  TEST_CASE("late attempts do not use the total credit") {
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
  TEST_CASE("a worker is pinged in every heartbeat interval, and closed after three without a message") {
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

  TEST_CASE("a worker of an older dialect has no heartbeat: it may be silent while it is idle") {
    Driver d;
    d.join(kAnn, WorkerSpec::one_at_a_time());
    d.wait(1h);
    CHECK(d.all<Ping>().empty());
    CHECK(d.scheduler().totals().workers == 1);
  }

  TEST_CASE("an answer counts as a heartbeat") {
    Driver d;
    d.join(kAnn);
    for (unsigned i = 0; i < 10; ++i) {
      d.wait(9s);
      d.submit(JobId{10 + i}, 1, false);
      d.answer(kAnn);
    }
    CHECK(d.all<CloseWorker>().empty());
  }

  TEST_CASE("no worker misses more than one heartbeat because the master was suspended") {
    Driver d;
    d.join(kAnn);
    d.sleep(10min);
    CHECK(d.all<CloseWorker>().empty());
  }
}
