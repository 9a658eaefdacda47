#include "driver.hpp"

using namespace ece465::mapreduce;

TEST_SUITE("jobs") {
  TEST_CASE("map, then the table, then apply, then done") {
    Driver d;
    d.submit(kJob, 2);
    d.run_local();
    CHECK(d.all<PhaseDone>().empty());
    d.run_local();
    REQUIRE(d.all<PhaseDone>().size() == 1);
    CHECK(d.all<PhaseDone>().at(0).phase == Phase::map);
    CHECK(d.view(kJob).stage == Stage::reduce);
    CHECK(d.local().empty());  // nothing to do before the table is ready
    d.step(TableReady{kJob});
    CHECK(d.run_local().phase == Phase::apply);
    d.run_local();
    CHECK(d.all<PhaseDone>().at(1).phase == Phase::apply);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(d.all<Accept>().size() == 4);
    CHECK_FALSE(d.scheduler().job(kJob).has_value());
  }

  TEST_CASE("a map-only job ends after its map phase") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 3, false);
    d.answer_all(kAnn);
    CHECK(d.all<PhaseDone>().size() == 1);
    CHECK(d.all<JobDone>().size() == 1);
    for (const auto& send : d.all<Send>()) CHECK_FALSE(send.keep);
  }

  TEST_CASE("a job without strips ends immediately") {
    Driver d;
    d.submit(kJob, 0);
    CHECK(d.all<PhaseDone>().size() == 1);
    d.step(TableReady{kJob});
    CHECK(d.all<PhaseDone>().size() == 2);
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("an open job ends when its last strip is merged and known to be the last") {
    Driver d;
    d.join_proven({kAnn});
    d.step(JobSubmitted{kJob, {.strip_bytes = {}, .open = true}});
    CHECK(d.all<JobDone>().empty());
    CHECK_FALSE(d.view(kJob).stage == Stage::reduce);
    d.step(StripsAdded{kJob, {kMiB, kMiB / 2}});
    CHECK(d.view(kJob).strips == 2);
    CHECK(d.open(kAnn).size() == 2);
    for (const auto& send : d.all<Send>()) CHECK_FALSE(send.keep);  // no apply phase
    d.answer_all(kAnn);
    CHECK(d.all<Accept>().size() == 2);
    CHECK(d.all<JobDone>().empty());
    d.step(StripsAdded{kJob, {1}});
    CHECK(d.answer(kAnn).task.strip == 2);
    d.step(StripsAdded{kJob, {}, true});
    REQUIRE(d.all<JobDone>().size() == 1);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(d.all<JobDone>().at(0).report.shares.at(kAnn).bytes == kMiB + kMiB / 2 + 1);
    CHECK(d.all<PhaseDone>().size() == 1);
  }

  TEST_CASE("`last` may come together with strips") {
    Driver d;
    d.step(JobSubmitted{kJob, {.strip_bytes = {5}, .open = true}});
    d.step(StripsAdded{kJob, {6, 7}, true});
    d.step(StripsAdded{kJob, {8}});  // after the last: ignored
    d.run_local();
    d.run_local();
    CHECK(d.all<JobDone>().empty());
    d.run_local();
    CHECK(d.all<JobDone>().size() == 1);
    d.step(StripsAdded{kJob, {9}, true});  // the job has ended
    d.submit(kOther, 1, false);
    d.step(StripsAdded{kOther, {9}});  // was never open
    CHECK(d.view(kOther).strips == 1);
  }

  TEST_CASE("an open job finishes although a worker is lost, and ends when it is cancelled") {
    Driver d;
    d.join_proven({kAnn, kBob});
    d.step(JobSubmitted{kJob, {.strip_bytes = std::vector(8, kMiB), .open = true}});
    CHECK(!d.open(kAnn).empty());
    d.step(WorkerLost{kAnn});
    d.step(StripsAdded{kJob, std::vector(8, kMiB), true});
    d.finish({kBob});
    CHECK(d.all<Accept>().size() == 16);
    REQUIRE(d.all<JobDone>().size() == 1);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    d.step(JobSubmitted{kOther, {.strip_bytes = {kMiB}, .open = true}});
    d.step(JobCancelled{kOther});
    CHECK(d.all<JobDone>().at(1).outcome == JobOutcome::cancelled);
  }

  TEST_CASE("events for an unknown job, or for the wrong stage, change nothing") {
    Driver d;
    d.step(TableReady{kJob});
    d.step(StripsReady{kJob, 5});
    d.step(JobCancelled{kJob});
    d.submit(kJob, 1);
    d.step(TableReady{kJob});
    CHECK(d.view(kJob).stage == Stage::map);
    d.submit(kJob, 7);  // the id is taken
    CHECK(d.view(kJob).strips == 1);
  }

  TEST_CASE("a cancelled job drops its open attempts and ignores their answers") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 10);
    const auto open = d.open(kAnn).size();
    d.step(JobCancelled{kJob});
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::cancelled);
    CHECK(d.all<Drop>().size() == open);
    d.answer_all(kAnn);
    CHECK(d.all<Accept>().empty());
    CHECK(d.scheduler().totals().attempts == 0);
    CHECK(d.scheduler().totals().bytes_kept == 0);
  }

  TEST_CASE("a job fails if the master itself cannot process a strip") {
    Driver d;
    d.submit(kJob, 3);
    d.run_local(Outcome::failed);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::failed);
    CHECK(d.scheduler().totals().jobs == 0);
  }
}

TEST_SUITE("the master as a worker") {
  TEST_CASE("without workers it does everything, with one strip per slot") {
    Driver d({.local_slots = 3});
    d.submit(kJob, 7, false);
    CHECK(d.local().size() == 3);
    while (!d.local().empty()) d.run_local();
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("it leaves the work to workers once one is proven") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 100, false);
    CHECK(d.local().size() == 1);
    d.answer(kAnn);
    d.run_local();
    CHECK(d.local().empty());
  }

  TEST_CASE("it takes over when the last worker is lost") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 5, false);
    CHECK(d.local().empty());
    d.step(WorkerLost{kAnn});
    while (!d.local().empty()) d.run_local();
    CHECK(d.all<JobDone>().at(0).report.shares.at(kMaster).strips == 5);
  }

  TEST_CASE("it takes its share at all times if `local_helps`") {
    Driver d({.local_slots = 2, .local_helps = true});
    d.join_proven({kAnn});
    d.submit(kJob, 100, false);
    CHECK(d.local().size() == 2);
    CHECK(d.open(kAnn).size() == 4);
  }

  TEST_CASE("it cannot join, leave or be lost") {
    Driver d;
    d.step(WorkerLost{kMaster});
    d.step(WorkerLeaving{kMaster});
    d.join(kMaster);
    d.submit(kJob, 1, false);
    d.run_local();
    CHECK(d.all<JobDone>().size() == 1);
  }
}

TEST_SUITE("leaving") {
  TEST_CASE("a worker that says BYE finishes its open requests, gets no more, and is closed") {
    Driver d;
    d.join_proven({kAnn});
    d.submit(kJob, 10, false);
    d.step(WorkerLeaving{kAnn});
    CHECK(d.view(kAnn).state == WorkerState::leaving);
    for (int i = 0; i < 4; ++i) {
      CHECK(d.all<CloseWorker>().empty());
      d.answer(kAnn);
    }
    CHECK(d.all<Accept>().size() == 4);
    CHECK(d.all<CloseWorker>().at(0).reason == CloseReason::left);
    while (!d.local().empty()) d.run_local();
    CHECK(d.all<JobDone>().at(0).report.failed_attempts == 0);
  }

  TEST_CASE("an idle one is closed immediately") {
    Driver d;
    d.join(kAnn);
    d.step(WorkerLeaving{kAnn});
    CHECK(d.all<CloseWorker>().size() == 1);
    CHECK(d.scheduler().totals().workers == 0);
  }

  TEST_CASE("its kept strips are reassigned") {
    Driver d;
    d.join(kAnn);
    d.submit(kJob, 1);
    d.answer(kAnn);
    d.step(TableReady{kJob});
    d.step(WorkerLeaving{kAnn});  // it finishes the strip that it applies
    d.answer(kAnn);
    CHECK(d.all<JobDone>().size() == 1);
  }
}

TEST_SUITE("views") {
  TEST_CASE("the views show the state of every strip") {
    Driver d;
    d.join_proven({kAnn});
    d.step(JobSubmitted{kJob, {.strip_bytes = std::vector<std::uint64_t>(8, kMiB), .ready = 6}});
    d.answer(kAnn);
    const auto strips = d.scheduler().strips(kJob);
    REQUIRE(strips.size() == 8);
    CHECK(strips[0].state == StripState::done);
    CHECK(strips[0].keeper == kAnn);
    CHECK(strips[1].state == StripState::running);
    CHECK(strips[1].workers == std::vector{kAnn});
    CHECK(strips[5].state == StripState::waiting);
    CHECK(strips[7].state == StripState::unread);
    const auto job = d.view(kJob);
    CHECK(job.done == 1);
    CHECK(job.running == 4);
    CHECK(job.waiting == 1);
    CHECK(job.ready == 6);
    CHECK(d.scheduler().workers().size() == 2);  // includes the master
    CHECK(d.view(kAnn).bytes_per_second > 0);
  }
}
