#include "driver.hpp"

using namespace ece465::mapreduce;

namespace {

/// A job of `strips` whose map phase is over. Ann and Bob are proven and did it together.
struct Mapped {
  Driver d;
  explicit Mapped(std::uint32_t strips, const SchedulerOptions& options = {}) : d(options) {
    d.join_proven({kAnn, kBob});
    d.submit(kJob, strips);
    while (d.view(kJob).stage == Stage::map) {
      for (const auto worker : {kAnn, kBob}) {
        if (!d.open(worker).empty()) d.answer(worker);
      }
    }
    d.clear();
  }
};

/// A worker with memory to keep `strips` strips of a megabyte, and credit for `credit`.
WorkerSpec keeping(std::uint64_t strips, std::uint64_t credit = 4) {
  WorkerSpec spec = modern();
  spec.keep_bytes = strips * kMiB;
  spec.credit_bytes = credit * kMiB;
  return spec;
}

}  // namespace

TEST_SUITE("kept strips") {
  TEST_CASE("a kept strip is applied by its keeper, and only the table is sent") {
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

  TEST_CASE("a worker keeps no more than it offered") {
    Driver d({.local_saves_transfers = false});
    d.join_proven({kAnn}, keeping(3));
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

  TEST_CASE("if the workers cannot keep a whole job, the master counts too until they can") {
    Driver d;
    d.join_proven({kAnn}, keeping(6, 2));
    d.submit(kJob, 10);
    for (int i = 0; i < 4; ++i) d.run_local();
    CHECK(d.local().empty());  // Ann can keep the remaining six
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

  TEST_CASE("the master counts one strip at a time, and workers do not wait for it") {
    Driver d;
    d.join_proven({kAnn}, keeping(3));
    d.submit(kJob, 10);
    d.answer_all(kAnn);
    CHECK(d.all<RunLocally>().size() == 1);
    d.run_local();
    CHECK(d.view(kJob).stage == Stage::reduce);
    CHECK(d.view(kAnn).strips_kept == 3);
    d.clear();
    d.step(TableReady{kJob});
    CHECK(d.open(kAnn).size() == 3);  // the kept ones
    CHECK(d.local().size() == 1);
    d.answer_all(kAnn);  // including strips that the master has not started
    d.run_local();
    CHECK(d.all<Send>().size() == 9);
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
  }

  TEST_CASE("a job that reserves strips for the master does not block other jobs") {
    Driver d;
    d.join_proven({kAnn}, keeping(3, 8));
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

  TEST_CASE("memory used by another job is not free") {
    Driver d;
    d.join_proven({kAnn}, keeping(6));
    d.submit(kOther, 4);
    d.answer_all(kAnn);
    CHECK(d.local().empty());
    d.submit(kJob, 3);
    CHECK(d.local().size() == 1);
    d.step(JobCancelled{kOther});
    d.run_local();
    CHECK(d.local().empty());
  }

  TEST_CASE("the master does not take work from workers that keep nothing") {
    Driver d;
    d.join_proven({kAnn, kBob}, WorkerSpec::one_at_a_time());
    d.submit(kJob, 10);
    d.finish({kAnn, kBob});
    d.step(TableReady{kJob});
    d.finish({kAnn, kBob});
    CHECK(d.all<RunLocally>().empty());
    CHECK(d.all<JobDone>().at(0).outcome == JobOutcome::finished);
  }

  TEST_CASE("the master does not count for a job without an apply phase") {
    Driver d;
    d.join_proven({kAnn}, keeping(1));
    d.submit(kJob, 10, false);
    d.answer_all(kAnn);
    CHECK(d.all<RunLocally>().empty());
    CHECK(d.all<JobDone>().size() == 1);
  }

  TEST_CASE("strips kept by a lost worker are sent again to others") {
    Mapped m(8, {.local_saves_transfers = false});
    m.d.step(WorkerLost{kAnn});
    m.d.step(TableReady{kJob});
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_sent > 8 * kMiB);
  }

  TEST_CASE("also if the worker is lost while it applies them") {
    Mapped m(8, {.local_saves_transfers = false});
    m.d.step(TableReady{kJob});
    m.d.step(WorkerLost{kAnn});
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).outcome == JobOutcome::finished);
    CHECK(m.d.all<Accept>().size() == 8);
  }

  TEST_CASE("a worker that no longer has a kept strip gets the pixels, which does not count as a failure") {
    Mapped m(8, {.local_saves_transfers = false});
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

  TEST_CASE("a strip that is being applied still uses the worker's memory") {
    Mapped m(8);
    const auto kept = m.d.view(kAnn).bytes_kept;
    m.d.step(TableReady{kJob});
    CHECK(m.d.view(kAnn).strips_kept == 0);
    CHECK(m.d.view(kAnn).bytes_kept == kept);
    m.d.answer(kAnn);
    CHECK(m.d.view(kAnn).bytes_kept == kept - kMiB);
  }

  TEST_CASE("after an invalid result a worker's kept strips are dropped") {
    Mapped m(8);
    const auto kept = m.d.view(kAnn).strips_kept;
    REQUIRE(kept > 0);
    m.d.submit(kOther, 1, false);
    const WorkerId worker = m.d.open(kAnn).empty() ? kBob : kAnn;
    m.d.answer(worker, Outcome::invalid_result);
    CHECK(m.d.view(worker).strips_kept == 0);
    CHECK(m.d.all<Drop>().size() == kept);
  }

  TEST_CASE("a worker whose attempt lost the race drops the pixels that it kept") {
    Driver d;
    auto spec = modern();
    spec.credit_bytes = kMiB;
    d.join_proven({kAnn, kBob}, spec);
    d.submit(kJob, 2);
    d.answer(kAnn);
    d.wait(150ms);  // Ann gets Bob's strip too
    const auto slow = d.open(kBob).front();
    d.answer(kAnn);
    CHECK(d.all<Drop>().at(0).attempt == slow.attempt);
    d.answer(kBob);  // it answered before it received the drop, and keeps the strip
    CHECK(d.all<Drop>().size() == 2);
    CHECK(d.view(kBob).bytes_kept == 0);
  }

  TEST_CASE("an idle worker takes over a slow keeper's strips") {
    Mapped m(32);
    m.d.step(TableReady{kJob});
    // Bob needs half a second per strip; Ann has finished hers.
    for (int i = 0; i < 3; ++i) m.d.answer(kBob, Outcome::good, 500ms);
    m.d.answer_all(kAnn);
    while (!m.d.local().empty()) m.d.run_local();
    const auto report = m.d.scheduler().job(kJob) ? m.d.view(kJob).report : m.d.all<JobDone>().at(0).report;
    CHECK(report.stolen > 0);
  }

  TEST_CASE("a worker on probation takes over a strip that a busy worker keeps") {
    Driver d;
    d.join_proven({kAnn});
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

  TEST_CASE("strips kept by a straggler are reassigned too") {
    Mapped m(16);
    m.d.step(TableReady{kJob});
    m.d.answer_all(kAnn);  // Bob hangs: his running strip is retried, his kept ones are reassigned
    m.d.wait(150ms);
    CHECK(m.d.view(kBob).strips_kept == 0);
    m.d.answer_all(kAnn);
    while (!m.d.local().empty()) m.d.run_local();
    CHECK(m.d.all<JobDone>().size() == 1);
  }

  TEST_CASE("but not if the gain is too small") {
    Mapped m(32);
    m.d.step(TableReady{kJob});
    m.d.answer_all(kAnn);
    m.d.answer_all(kBob);
    CHECK(m.d.all<JobDone>().at(0).report.stolen == 0);
    CHECK(m.d.all<JobDone>().at(0).report.bytes_sent == 32 * kMiB);
  }

  TEST_CASE("the kept strips of a job that ends are dropped") {
    Mapped m(8);
    m.d.step(JobCancelled{kJob});
    CHECK(m.d.all<Drop>().size() == 8);
    CHECK(m.d.scheduler().totals().bytes_kept == 0);
  }
}
