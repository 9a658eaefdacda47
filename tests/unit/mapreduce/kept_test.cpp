#include "driver.hpp"

using namespace ece465::mapreduce;

namespace {

/// A job of `strips` whose map phase is over; Ann and Bob are proven and did it together.
struct Mapped {
  Driver d;
  explicit Mapped(std::uint32_t strips, const SchedulerOptions& options = {}) : d(options) {
    d.team({kAnn, kBob});
    d.submit(kJob, strips);
    while (d.view(kJob).stage == Stage::map) {
      for (const auto worker : {kAnn, kBob}) {
        if (!d.open(worker).empty()) d.answer(worker);
      }
    }
    d.clear();
  }
};

/// Has room to keep so many strips of a megabyte, and credit for so many.
WorkerSpec keeping(std::uint64_t strips, std::uint64_t credit = 4) {
  WorkerSpec spec = modern();
  spec.keep_bytes = strips * kMiB;
  spec.credit_bytes = credit * kMiB;
  return spec;
}

}  // namespace

TEST_SUITE("kept strips") {
  TEST_CASE("a strip is applied by the worker that keeps it, and only the table travels") {
    Mapped m(8);
    const auto before = m.d.scheduler().strips(kJob);
    m.d.step(TableReady{kJob});
    REQUIRE(m.d.all<Send>().size() == 8);
    for (const auto& send : m.d.all<Send>()) {
      CHECK(send.phase == Phase::apply);
      CHECK(send.from.has_value());
      CHECK(send.worker == before.at(send.task.strip).keeper);
    }
    m.d.answer_all(kAnn);
    m.d.answer_all(kBob);
    const auto report = m.d.all<JobDone>().at(0).report;
    CHECK(report.bytes_sent == 8 * kMiB);  // once, for the histograms
    CHECK(report.bytes_spared == 8 * kMiB);
    CHECK(m.d.scheduler().totals().bytes_kept == 0);
  }

  TEST_CASE("what a worker keeps is bounded by what it offered") {
    Driver d({.local_spares_link = false});
    d.team({kAnn}, keeping(3));
    d.submit(kJob, 10);
    d.answer_all(kAnn);
    CHECK(d.view(kAnn).strips_kept == 3);
    d.clear();
    d.step(TableReady{kJob});
    d.answer_all(kAnn);
    std::size_t with_pixels = 0;
    for (const auto& send : d.all<Send>()) with_pixels += send.from ? 0 : 1;
    CHECK(with_pixels == 7);
  }

  TEST_CASE("when workers cannot keep a whole job, the master counts along until they can") {
    Driver d;
    d.team({kAnn}, keeping(6, 2));
    d.submit(kJob, 10);
    for (int i = 0; i < 4; ++i) d.run_local();
    CHECK(d.local().empty());  // Ann can keep the other six
    d.answer_all(kAnn);
    CHECK(d.view(kJob).stage == Stage::reduce);
    CHECK(d.view(kAnn).strips_kept == 6);
    d.step(TableReady{kJob});
    for (int i = 0; i < 4; ++i) d.run_local();
    d.answer_all(kAnn);
    const auto report = d.all<JobDone>().at(0).report;
    CHECK(report.bytes_sent == 6 * kMiB);
    CHECK(report.bytes_spared == 6 * kMiB);
  }

  TEST_CASE("the master counts along one strip at a time, and workers do not wait for it") {
    Driver d;
    d.team({kAnn}, keeping(3));
    d.submit(kJob, 10);
    d.answer_all(kAnn);
    CHECK(d.all<RunLocally>().size() == 1);
    d.run_local();
    CHECK(d.view(kJob).stage == Stage::reduce);
    CHECK(d.view(kAnn).strips_kept == 3);
    d.clear();
    d.step(TableReady{kJob});
    CHECK(d.open(kAnn).size() == 3);  // what she kept
    CHECK(d.local().size() == 1);
    d.answer_all(kAnn);  // with what the master has not come to meanwhile
    d.run_local();
    CHECK(d.all<Send>().size() == 9);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
  }

  TEST_CASE("a job that holds strips back for the master is in no other job's way") {
    Driver d;
    d.team({kAnn}, keeping(3, 8));
    d.submit(kJob, 10);
    d.answer_all(kAnn);
    d.run_local();
    d.step(TableReady{kJob});
    CHECK(d.open(kAnn).size() == 3);
    d.submit(kOther, 4, false);
    REQUIRE(d.open(kAnn).size() > 3);
    CHECK(d.open(kAnn).at(3).task.job == kOther);
    d.finish({kAnn});
    CHECK(d.all<JobDone>().size() == 2);
  }

  TEST_CASE("room that others have taken is no room") {
    Driver d;
    d.team({kAnn}, keeping(6));
    d.submit(kOther, 4);
    d.answer_all(kAnn);
    CHECK(d.local().empty());
    d.submit(kJob, 3);
    CHECK(d.local().size() == 1);
    d.step(JobCancelled{kOther});
    d.run_local();
    CHECK(d.local().empty());
  }

  TEST_CASE("workers that keep nothing are left their work") {
    Driver d;
    d.team({kAnn, kBob}, WorkerSpec::one_at_a_time());
    d.submit(kJob, 10);
    d.finish({kAnn, kBob});
    d.step(TableReady{kJob});
    d.finish({kAnn, kBob});
    CHECK(d.all<RunLocally>().empty());
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
  }

  TEST_CASE("nothing is counted here for a job that nobody maps") {
    Driver d;
    d.team({kAnn}, keeping(1));
    d.submit(kJob, 10, false);
    d.answer_all(kAnn);
    CHECK(d.all<RunLocally>().empty());
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("kept strips are lost with their worker: others get the pixels again") {
    Mapped m(8, {.local_spares_link = false});
    m.d.step(WorkerLost{kAnn});
    m.d.step(TableReady{kJob});
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_sent > 8 * kMiB);
  }

  TEST_CASE("also when the worker is lost while it applies them") {
    Mapped m(8, {.local_spares_link = false});
    m.d.step(TableReady{kJob});
    m.d.step(WorkerLost{kAnn});
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(m.d.all<Accept>().size() == 8);
  }

  TEST_CASE("a worker that no longer has what it kept is sent the pixels, and not blamed") {
    Mapped m(8, {.local_spares_link = false});
    m.d.step(TableReady{kJob});
    const auto send = m.d.answer(kAnn, Outcome::not_kept);
    CHECK(send.from.has_value());
    m.d.answer_all(kAnn);
    m.d.answer_all(kBob);
    CHECK(m.d.view(kAnn).failures == 0);
    REQUIRE(m.d.all<JobDone>().size() == 1);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_spared == 7 * kMiB);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_sent == 9 * kMiB);
  }

  TEST_CASE("what is being applied still takes up the worker's room") {
    Mapped m(8);
    const auto kept = m.d.view(kAnn).bytes_kept;
    m.d.step(TableReady{kJob});
    CHECK(m.d.view(kAnn).strips_kept == 0);
    CHECK(m.d.view(kAnn).bytes_kept == kept);
    m.d.answer(kAnn);
    CHECK(m.d.view(kAnn).bytes_kept == kept - kMiB);
  }

  TEST_CASE("a liar's kept strips are given up, and it is told to drop them") {
    Mapped m(8);
    const auto kept = m.d.view(kAnn).strips_kept;
    REQUIRE(kept > 0);
    m.d.submit(kOther, 1, false);
    const WorkerId worker = m.d.open(kAnn).empty() ? kBob : kAnn;
    m.d.answer(worker, Outcome::lie);
    CHECK(m.d.view(worker).strips_kept == 0);
    CHECK(m.d.all<Drop>().size() == kept);
  }

  TEST_CASE("an attempt that lost the race lets go of the pixels it was to keep") {
    Driver d;
    auto spec = modern();
    spec.credit_bytes = kMiB;
    d.team({kAnn, kBob}, spec);
    d.submit(kJob, 2);
    d.answer(kAnn);
    d.wait(150ms);  // Bob's strip runs at Ann's too
    const auto slow = d.open(kBob).front();
    d.answer(kAnn);
    CHECK(d.all<Drop>().at(0).attempt == slow.attempt);
    d.answer(kBob);  // it had answered before it heard of that, and keeps the strip
    CHECK(d.all<Drop>().size() == 2);
    CHECK(d.view(kBob).bytes_kept == 0);
  }

  TEST_CASE("a slow keeper's strips are taken over by an idle worker") {
    Mapped m(32);
    m.d.step(TableReady{kJob});
    // Bob needs half a second for a strip; Ann has long finished hers.
    for (int i = 0; i < 3; ++i) m.d.answer(kBob, Outcome::good, 500ms);
    m.d.answer_all(kAnn);
    while (!m.d.local().empty()) m.d.run_local();
    const auto report = m.d.scheduler().job(kJob) ? m.d.view(kJob).report : m.d.all<JobDone>().at(0).report;
    CHECK(report.stolen > 0);
  }

  TEST_CASE("a newcomer proves itself on a strip that a busy worker keeps") {
    Driver d;
    d.team({kAnn});
    d.submit(kJob, 16);
    while (d.view(kJob).stage == Stage::map) d.answer(kAnn, Outcome::good, 100ms);
    d.join(kBob);
    d.clear();
    d.step(TableReady{kJob});
    REQUIRE(d.open(kBob).size() == 1);
    CHECK_FALSE(d.open(kBob).front().from.has_value());
    d.answer(kBob);
    CHECK(d.open(kBob).size() > 1);
  }

  TEST_CASE("what a straggler keeps is not waited for either") {
    Mapped m(16);
    m.d.step(TableReady{kJob});
    m.d.answer_all(kAnn);  // and Bob has stopped: what he holds is tried again, what he keeps is done by others
    m.d.wait(150ms);
    CHECK(m.d.view(kBob).strips_kept == 0);
    m.d.answer_all(kAnn);
    while (!m.d.local().empty()) m.d.run_local();
    CHECK(m.d.all<JobDone>().size() == 1);
  }

  TEST_CASE("but not for a gain that is not worth the bytes") {
    Mapped m(32);
    m.d.step(TableReady{kJob});
    m.d.answer_all(kAnn);
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).report.stolen == 0);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_sent == 32 * kMiB);
  }

  TEST_CASE("a job that ends has its kept strips dropped") {
    Mapped m(8);
    m.d.step(JobCancelled{kJob});
    CHECK(m.d.all<Drop>().size() == 8);
    CHECK(m.d.scheduler().totals().bytes_kept == 0);
  }
}
