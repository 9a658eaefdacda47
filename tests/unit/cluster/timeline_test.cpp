#include "observability/timeline.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "api_fixture.hpp"
#include "observability/json.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using mapreduce::AttemptId;
using nlohmann::json;
using Reason = Timeline::Reason;

namespace {

std::vector<Timeline::Strip> strips(std::uint32_t count) {
  std::vector<Timeline::Strip> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back({0, i * 10, 10, 0, 100, 1000});
  return all;
}

/// The events without times: "sent 3 a", "missed 3 a lost", "phase map".
std::vector<std::string> events_of(const Timeline& timeline) {
  std::vector<std::string> lines;
  const json whole = json::parse(timeline_json(&timeline, 0, 1000));
  for (const json& event : whole["events"]) {
    std::string line = event["what"];
    if (line == "phase") line += " " + event["phase"].get<std::string>();
    if (event.contains("strip")) line += fmt::format(" {}", event["strip"].get<int>());
    for (const auto* field : {"worker", "why"}) {
      if (event.contains(field)) line += " " + event[field].get<std::string>();
    }
    if (event.value("kept", false)) line += " kept";
    lines.push_back(std::move(line));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("timeline") {
  TEST_CASE("the events of a strip") {
    Timeline timeline(strips(1));
    timeline.phase(JobPhase::map);
    timeline.ready(1);
    timeline.sent(AttemptId{1}, 0, "a", false);
    timeline.done(0, "a");
    timeline.phase(JobPhase::apply);
    timeline.sent(AttemptId{2}, 0, "a", true);
    timeline.done(0, "a");
    timeline.written(0);
    timeline.end();
    CHECK(events_of(timeline) == Lines{"phase map", "ready 1", "sent 0 a", "done 0 a", "phase apply", "sent 0 a kept",
                                       "done 0 a", "written 0"});
    CHECK(timeline.ended());
    const double seconds = timeline.seconds();
    CHECK(timeline.seconds() == seconds);
  }

  TEST_CASE("events after the end are ignored") {
    Timeline timeline(strips(1));
    timeline.end();
    timeline.sent(AttemptId{1}, 0, "a", false);
    CHECK(events_of(timeline).empty());
  }

  TEST_CASE("the open attempts of a lost worker are missed, and no others") {
    Timeline timeline(strips(3));
    timeline.sent(AttemptId{1}, 0, "a", false);
    timeline.sent(AttemptId{2}, 1, "a", false);
    timeline.sent(AttemptId{3}, 2, "b", false);
    timeline.done(0, "a");
    timeline.gone("a");
    timeline.gone("a worker that took no part in the page");
    timeline.sent(AttemptId{4}, 1, "b", false);
    CHECK(events_of(timeline) ==
          Lines{"sent 0 a", "sent 1 a", "sent 2 b", "done 0 a", "gone a", "missed 1 a lost", "sent 1 b"});
  }

  TEST_CASE("failed attempts have a reason, those of other pages are ignored") {
    Timeline timeline(strips(2));
    timeline.sent(AttemptId{1}, 0, "a", false);
    timeline.missed(AttemptId{1}, Reason::invalid_result);
    timeline.missed(AttemptId{1}, Reason::invalid_result);
    timeline.missed(AttemptId{99}, Reason::failed);
    timeline.sent(AttemptId{2}, 0, "b", false);
    timeline.sent(AttemptId{3}, 0, "c", false);
    timeline.done(0, "c");
    timeline.missed(AttemptId{2}, Reason::failed);
    CHECK(events_of(timeline) == Lines{"sent 0 a", "missed 0 a lie", "sent 0 b", "sent 0 c", "done 0 c"});
  }

  TEST_CASE("the number of entries and pages is bounded") {
    TimelineLimits limits;
    limits.entries = 3;
    Timeline timeline(strips(1), limits);
    for (std::size_t i = 0; i <= limits.entries; ++i) {
      CHECK(!timeline.cut());
      timeline.written(0);
    }
    CHECK(timeline.cut());
    CHECK(timeline.entries().size() == limits.entries);
    JobTimeline job(limits);
    CHECK(job.begin_page(limits.pages, strips(1)) != nullptr);
    CHECK(job.page(limits.pages) == nullptr);
    const auto third = job.begin_page(2, strips(1));
    CHECK(job.page(2) == third);
    CHECK(job.page(1) == nullptr);
  }

  TEST_CASE("only the first strips of a large page are recorded") {
    TimelineLimits limits;
    limits.strips = 2;
    Timeline timeline(strips(2), limits);
    CHECK(!timeline.cut());
    Timeline cut(strips(5), limits);
    CHECK(cut.cut());
    cut.ready(5);
    for (const std::uint32_t strip : {1U, 2U}) {
      cut.sent(AttemptId{strip}, strip, "a", false);
      cut.done(strip, "a");
      cut.written(strip);
    }
    cut.sent(AttemptId{9}, 4, "a", false);
    cut.gone("a");
    CHECK(events_of(cut) == Lines{"ready 2", "sent 1 a", "done 1 a", "written 1", "gone a"});
    const json whole = json::parse(timeline_json(&cut, 0, 1000));
    CHECK(whole["cut"] == true);
    CHECK(whole["strips"].size() == 2);
    CHECK(whole["strips_total"] == 5);
  }

  TEST_CASE("served in parts") {
    const ApiLimits limits{.max_timeline_entries = 2};
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          JobStatus job = busy_job();
          job.number = JobNumber{3};
          api.engine.known[job.number] = job;
          auto answer = co_await get(api, "/api/v1/jobs/job_3/timeline");
          CHECK(json::parse(answer.body)["kept"] == false);  // as for a job that ended long ago
          check_documented("GET", "/api/v1/jobs/{id}/timeline", answer);
          const auto pages = std::make_shared<JobTimeline>();
          api.engine.job_timeline = pages;
          const auto timeline = pages->begin_page(1, strips(2));
          timeline->phase(JobPhase::map);
          timeline->sent(AttemptId{1}, 0, "a", false);
          timeline->gone("a");
          answer = co_await get(api, "/api/v1/jobs/job_3/timeline");
          CHECK(json::parse(answer.body)["kept"] == false);  // the first page has no timeline
          answer = co_await get(api, "/api/v1/jobs/job_3/timeline?page=2");
          check_documented("GET", "/api/v1/jobs/{id}/timeline", answer);
          const json first = json::parse(answer.body);
          CHECK(first["kept"] == true);
          CHECK(first["strips"].size() == 2);
          CHECK(first["strips"][1] ==
                json::parse(R"({"plane":0,"first_row":10,"rows":10,"first_column":0,"columns":100,"bytes":1000})"));
          CHECK(first["events"].size() == 2);
          CHECK(first["next"] == 2);
          CHECK(first["more"] == true);
          CHECK(first["ended"] == false);
          answer = co_await get(api, "/api/v1/jobs/job_3/timeline?page=2&from=2");
          check_documented("GET", "/api/v1/jobs/{id}/timeline", answer);
          json rest = json::parse(answer.body);
          CHECK(rest["strips"].empty());
          CHECK(rest["events"].size() == 2);
          CHECK(rest["events"][1]["why"] == "lost");
          CHECK(rest["more"] == false);
          answer = co_await get(api, "/api/v1/jobs/job_3/timeline?page=2&from=40000");
          rest = json::parse(answer.body);
          CHECK(rest["next"] == 4);
          for (const auto* wrong : {"page=0", "page=x", "from=-1"}) {
            answer = co_await get(api, fmt::format("/api/v1/jobs/job_3/timeline?{}", wrong));
            CHECK(answer.status == 422);
            check_documented("GET", "/api/v1/jobs/{id}/timeline", answer);
          }
          answer = co_await get(api, "/api/v1/jobs/job_4/timeline");
          CHECK(answer.status == 404);
        },
        limits);
  }
}
