#include "status/status.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/captured_console.hpp"
#include "cli/fake_master.hpp"
#include "commands.hpp"
#include "common/text.hpp"
#include "health/health.hpp"
#include "status/status_table.hpp"

using namespace ece465;
using namespace ece465::cli;
using namespace std::chrono_literals;
using ece465::testing::CapturedConsole;
using ece465::testing::FakeMaster;
using ece465::testing::FakeScript;

namespace {

constexpr const char* kWorkers =
    R"({"workers":[
      {"id":"node-7","peer":"10.0.0.2:40312","dialect":"ECE465/2","state":"active","threads":2,"strips_in_flight":3,
       "bytes_in_flight":3145728,"strips_merged":300,"bytes_per_second":2.5e8,"last_heard":"2026-11-25T15:01:05.300Z"},
      {"id":"a-very-long-name.of-some.machine.example.org-123456","dialect":"documented","state":"quarantined",
       "strips_merged":100,"bytes_per_second":0,"last_heard":"2026-11-25T15:00:05.500Z"}]})";

constexpr const char* kJobs =
    R"({"jobs":[
      {"id":"job_12","file":"scan.tif","state":"running","phase":"apply","progress":0.625,"seconds":1.5,
       "strips":{"retries":2},"workers":[{"id":"node-7","strips":3,"bytes":1},{"id":"master","strips":1,"bytes":1}]},
      {"id":"job_11","file":"a\u001b[31m.jpg","state":"failed","reason":"the image ends early: 12,345 of 100,000 rows",
       "seconds":0.25},
      {"id":"job_10","file":"b.jpg","state":"queued"}]})";

StatusView view() {
  StatusView view;
  view.url = "http://127.0.0.1:8000";
  view.status.version = "1.2.3";
  view.status.started = *parse_rfc3339("2026-11-25T15:00:00.000Z");
  view.status.uptime_seconds = 65.5;
  view.status.workers = 2;
  view.status.running = 1;
  view.status.done = 1234;
  view.status.pixels_per_second = 12.5e6;
  view.workers = *parse_workers(kWorkers);
  view.jobs = *parse_jobs(kJobs);
  return view;
}

StatusCommand command_for(const FakeMaster& master) {
  StatusCommand command;
  command.url = master.url();
  return command;
}

FakeScript script_with_all() {
  FakeScript script;
  script.workers_json = kWorkers;
  script.jobs_json = kJobs;
  return script;
}

}  // namespace

TEST_SUITE("status") {
  TEST_CASE("workers and jobs are shown as tables") {
    const auto lines = status_lines(view(), {.width = 140, .unicode = false, .paint = Paint()});
    const std::vector<std::string> expected{
        "http://127.0.0.1:8000  ece465 1.2.3  up 1:05",
        "jobs: 1 running, 1,234 done",
        "workers: 2  0 B sent  0 B received  12.5 Mpixel/s  0 connections",
        "",
        "WORKER                                               DIALECT     STATE        SHARE  STRIPS   MB/S   IN "
        "FLIGHT  HEARD",
        "node-7                                               ECE465/2    active         75%     300  250.0  3, 3.15 "
        "MB  0.2 s",
        "a-very-long-name.of-some.machine.example.org-123456  documented  quarantined    25%     100      -           "
        "-   1:00",
        "",
        "JOB     FILE           STATE    SECONDS  RETRIES  WORKERS     PROGRESS",
        "job_12  scan.tif       running     1.50        2  1 + master  [######----]  62% apply",
        "job_11  a\\x1b[31m.jpg  failed      0.25        0  -           the image ends early: 12,345 of 100,000 rows",
        "job_10  b.jpg          queued         -        0  -"};
    CHECK(fmt::format("{}", fmt::join(lines, "\n")) == fmt::format("{}", fmt::join(expected, "\n")));
  }

  TEST_CASE("lines fit the window") {
    for (std::size_t width = 60; width < 200; ++width) {
      for (const bool unicode : {true, false}) {
        for (const auto& line : status_lines(view(), {.width = width, .unicode = unicode, .paint = Paint()})) {
          CHECK_MESSAGE(display_width(line) < width, line);
          CHECK(!line.ends_with(' '));
        }
      }
    }
  }

  TEST_CASE("an idle master shows what to do next") {
    StatusView empty;
    const auto lines = status_lines(empty, {});
    CHECK(lines[4] == "no workers: the master processes jobs itself");
    CHECK(lines[6] == "no jobs yet; submit one with: ece465 submit IMAGE");
  }

  TEST_CASE("the status of a master is fetched and shown") {
    FakeMaster master(script_with_all());
    CapturedConsole console;
    CHECK(run_status(command_for(master), *console, {}) == kExitOk);
    CHECK(console.out().starts_with(master.url() + "  ece465 1.2.3  up 1:05\njobs: 1 running, 5 done\n"));
    CHECK(console.out().find("job_12") != std::string::npos);
    CHECK(console.err().empty());
  }

  TEST_CASE("JSON combines the master's answers") {
    FakeMaster master(script_with_all());
    CapturedConsole console;
    auto command = command_for(master);
    command.json = true;
    CHECK(run_status(command, *console, {}) == kExitOk);
    const auto json = nlohmann::json::parse(console.out());
    CHECK(json["command"] == "status");
    CHECK(json["url"] == master.url());
    CHECK(json["status"]["jobs"]["done"] == 5);
    CHECK(json["workers"][0]["id"] == "node-7");
    CHECK(json["jobs"][2]["state"] == "queued");
  }

  TEST_CASE("an unreachable master, and a server that is not a master, are unavailable") {
    CapturedConsole console;
    FakeMaster gone;
    gone.stop();
    CHECK(run_status(command_for(gone), *console, {}) == 4);
    CHECK(console.err().find("start one with: ece465 master") != std::string::npos);
    FakeScript script;
    script.workers_json = "[]";
    FakeMaster strange(script);
    CHECK(run_status(command_for(strange), *console, {}) == 4);
    StatusCommand wrong;
    wrong.url = "ftp://x";
    CHECK(run_status(wrong, *console, {}) == 2);
  }

  TEST_CASE("watching in a pipe prints blocks separated by empty lines, until interrupted") {
    std::stop_source stop;
    FakeScript script = script_with_all();
    script.heard = [&stop, count = 0](const std::string& what) mutable {
      if (what == "GET /api/v1/status" && ++count == 4) stop.request_stop();
    };
    FakeMaster master(script);
    CapturedConsole console;
    auto command = command_for(master);
    command.watch = 1ms;
    CHECK(run_status(command, *console, stop.get_token()) == kExitInterrupted);
    const std::string out = console.out();
    std::size_t blocks = 0;
    for (std::size_t at = 0; (at = out.find(master.url(), at)) != std::string::npos; ++at) ++blocks;
    CHECK(blocks == 3);
    CHECK(out.find("  -\n\n" + master.url()) != std::string::npos);

    CapturedConsole other;
    std::stop_source again;
    command.json = true;
    FakeScript json_script;
    json_script.heard = [&again, count = 0](const std::string& what) mutable {
      if (what == "GET /api/v1/status" && ++count == 3) again.request_stop();
    };
    FakeMaster json_master(json_script);
    command.url = json_master.url();
    CHECK(run_status(command, *other, again.get_token()) == kExitInterrupted);
    CHECK(std::ranges::count(other.out(), '\n') == 2);
  }

  TEST_CASE("a master that becomes unreachable while it is watched is reported once, and waited for") {
    std::stop_source stop;
    FakeScript script;
    script.detail = "restarting";
    script.hello_statuses = {0, 503, 503, 0, 503};
    script.heard = [&stop, count = 0](const std::string& what) mutable {
      if (what == "GET /api/v1/status" && ++count == 6) stop.request_stop();
    };
    FakeMaster master(script);
    CapturedConsole console;
    auto command = command_for(master);
    command.watch = 1ms;
    CHECK(run_status(command, *console, stop.get_token()) == kExitInterrupted);
    CHECK(console.err() == "ece465: error: restarting\nece465: error: restarting\n");  // two times away
  }
}

TEST_SUITE("what a master says") {
  TEST_CASE("missing members and those of the wrong type are empty, an answer that is not an object is corrupt") {
    CHECK(!parse_job("[]"));
    CHECK(!parse_job("{}"));
    CHECK(!parse_job("{\"id\":"));
    CHECK(!parse_status("{}"));
    CHECK(parse_workers(R"({"workers":3})")->empty());
    const auto job =
        parse_job(R"({"id":"job_1","progress":7,"state":"dreaming","image":[],"workers":[1],"phases":[]})");
    REQUIRE(job);
    CHECK(job->progress == 1);
    CHECK(!has_ended(job->state));
    CHECK(!job->image);
    CHECK(parse_status(R"({"version":"1","uptime_seconds":1e300})")->uptime_seconds < 1e10);
    CHECK(parse_refusal(R"({"detail":"no"})", Errc::io)->text() == "no");
    CHECK(!parse_refusal("<html>", Errc::io));
    CHECK(!parse_refusal(R"({"detail":[1]})", Errc::io));
  }
}

TEST_SUITE("health") {
  TEST_CASE("a ready master is healthy, silently, one that is not ready is reported, none is unavailable") {
    CapturedConsole console;
    HealthCommand command;
    FakeMaster master;
    command.url = master.url();
    CHECK(run_health(command, *console, {}) == 0);
    CHECK(master.requests() == std::vector<std::string>{"GET /readyz"});
    command.url = master.url() + "/api/v1/status";
    CHECK(run_health(command, *console, {}) == 0);
    CHECK(console.err().empty());

    FakeScript script;
    script.hello_status = 503;
    script.detail = "starting";
    FakeMaster starting(script);
    command.url = starting.url();
    CHECK(run_health(command, *console, {}) == 1);
    CHECK(console.err() == fmt::format("ece465: error: {}/readyz: HTTP 503 starting\n", starting.url()));

    starting.stop();
    CHECK(run_health(command, *console, {}) == 4);
    command.url = "https://x";
    CHECK(run_health(command, *console, {}) == 2);
  }

  TEST_CASE("a silent master is a timeout") {
    asio::io_context context(1);
    asio::ip::tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    CapturedConsole console;
    HealthCommand command;
    command.url = fmt::format("http://127.0.0.1:{}", silent.local_endpoint().port());
    command.timeout = 30ms;
    CHECK(run_health(command, *console, {}) == 4);
    command.tcp = command.url.substr(7);
    CHECK(run_health(command, *console, {}) == 0);  // it listens
    command.tcp = "127.0.0.1";
    CHECK(run_health(command, *console, {}) == 2);
  }

  TEST_CASE("the master is asked about a worker") {
    FakeMaster master(script_with_all());
    HealthCommand command;
    command.url = master.url();
    for (const auto& [id, code, words] :
         {std::tuple{"node-7", 0, ""}, std::tuple{"node-8", 1, "worker node-8: not connected to "},
          std::tuple{"a-very-long-name.of-some.machine.example.org-123456", 1, ": quarantined"}}) {
      CapturedConsole console;
      command.worker = id;
      CHECK(run_health(command, *console, {}) == code);
      CHECK(console.err().find(words) != std::string::npos);
    }
    command.tcp = "x:1";
    CHECK(run_health(command, *CapturedConsole(), {}) == 2);
  }
}
