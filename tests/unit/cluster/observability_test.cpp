#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "fake_engine.hpp"
#include "observability/json.hpp"
#include "observability/metrics.hpp"
#include "temp_folder.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using nlohmann::json;

TEST_SUITE("JSON of the API") {
  TEST_CASE("a job, in full") {
    CHECK(
        job_json(failed_job()) ==
        R"({"id":"job_3","file":"größe.tif","result":"größe_equalized.tif","channels":"each","quality":90,)"
        R"("state":"failed","reason":"größe.tif: strip 7 ends early",)"
        R"("error":{"code":"corrupt","subject":"größe.tif","message":"strip 7 ends early"},"phase":"done","progress":0.75,"page":2,)"
        R"("pages":2,"created":"2026-11-25T15:27:20.123Z","started":"2026-11-25T15:27:20.133Z",)"
        R"("finished":"2026-11-25T15:27:22.123Z","seconds":1.99,)"
        R"("phases":{"read":0.1,"split":0.001,"map":0.2,"reduce":0.003,"apply":0.05,"stitch":0.005,"write":0.07},)"
        R"("image":{"format":"TIFF","width":8000,"height":6000,"bits":16,"color":true,"pages":2},)"
        R"("bytes":{"pixels":288000000,"sent":145000000,"received":72000000,"spared":140000000,)"
        R"("map":{"sent":144000000,"received":1000000},"apply":{"sent":1000000,"received":71000000}},)"
        R"("strips":{"total":275,"map_done":275,"apply_done":130,"attempts":410,"retries":4,"duplicates":1,)"
        R"("stolen":2,"invalid_results":1,"lies":1},"workers":[{"id":"master","strips":75,"bytes":0},)"
        R"({"id":"node-7","strips":200,"bytes":145000000}],"notes":["16 bits became 8, rounded"]})");
  }

  TEST_CASE("a job that has just been accepted") {
    JobStatus job;
    job.number = JobNumber{1};
    job.request.file = "a.jpg";
    job.created = moment();
    const json object = json::parse(job_json(job));
    CHECK(object["state"] == "queued");
    CHECK(object["reason"].is_null());
    CHECK(object["started"].is_null());
    CHECK(object["seconds"] == 0);
    CHECK(object["image"].is_null());
    CHECK(object["page"] == 1);
    CHECK(object["pages"] == 1);
    CHECK(object["workers"].empty());
  }

  TEST_CASE("a worker, and the data of events") {
    CHECK(worker_json(some_worker("node-7")) ==
          R"({"id":"node-7","peer":"10.0.0.2:40312","dialect":"ECE465/2","state":"active","threads":4,)"
          R"("strips_in_flight":0,"bytes_in_flight":0,"strips_kept":0,"bytes_kept":0,"bytes_per_second":1500000.0,)"
          R"("strips_merged":12,"bytes_merged":0,"connected":"2026-11-25T15:27:20.123Z",)"
          R"("last_heard":"2026-11-25T15:27:20.123Z"})");
    CHECK(worker_lost_json("a\"b") == R"({"id":"a\"b"})");
    CHECK(file_event_json("a.jpg", "added") == R"({"name":"a.jpg","change":"added"})");
    CHECK(log_json({moment(), "Master", "say \xFF\n"})
              .ends_with(R"("source":"Master","message":"say )"
                         "\xEF\xBF\xBD"
                         R"(\n"})"));
  }
}

TEST_SUITE("metrics") {
  TEST_CASE("counters appear in the text format") {
    Metrics metrics("1.2.3");
    metrics.job_ended(JobState::done, std::chrono::milliseconds(700));
    metrics.job_ended(JobState::failed, std::chrono::milliseconds(20));
    metrics.strips_done(mapreduce::Phase::map, 5);
    metrics.strips_done(mapreduce::Phase::apply);
    metrics.strips_retried();
    metrics.strips_duplicated();
    metrics.invalid_results();
    metrics.bytes_sent(1000);
    metrics.bytes_sent(500);
    metrics.bytes_received(300);
    metrics.worker_joined();
    metrics.worker_lost("silent");
    metrics.uploaded(4096);
    metrics.request("GET", 200, std::chrono::milliseconds(2));
    metrics.request("BREW\n", 404, std::chrono::milliseconds(2));
    Metrics::Now now;
    now.workers = 2;
    now.jobs_queued = 1;
    now.jobs_running = 1;
    now.http_connections = 7;
    const std::string text = metrics.text(now);
    CAPTURE(text);

    std::map<std::string, double> values;
    std::map<std::string, std::string> types;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      if (line.starts_with("# TYPE ")) {
        const auto space = line.rfind(' ');
        types[line.substr(7, space - 7)] = line.substr(space + 1);
      }
      if (line.starts_with('#')) continue;
      const auto space = line.rfind(' ');
      REQUIRE(space != std::string::npos);
      REQUIRE_NOTHROW(values[line.substr(0, space)] = std::stod(line.substr(space + 1)));
    }
    CHECK(values["ece465_build_info{version=\"1.2.3\"}"] == 1);
    CHECK(values["ece465_jobs_total{state=\"done\"}"] == 1);
    CHECK(values["ece465_jobs_total{state=\"failed\"}"] == 1);
    CHECK(values.contains("ece465_jobs_total{state=\"cancelled\"}"));
    CHECK(values["ece465_job_duration_seconds_count"] == 2);
    CHECK(values["ece465_job_duration_seconds_bucket{le=\"0.05\"}"] == 1);
    CHECK(values["ece465_strips_total{phase=\"map\"}"] == 5);
    CHECK(values["ece465_strips_total{phase=\"apply\"}"] == 1);
    CHECK(values["ece465_strip_retries_total"] == 1);
    CHECK(values["ece465_strip_duplicates_total"] == 1);
    CHECK(values["ece465_strip_invalid_results_total"] == 1);
    CHECK(values["ece465_strip_lies_total"] == 1);
    CHECK(values["ece465_worker_sent_bytes_total"] == 1500);
    CHECK(values["ece465_worker_received_bytes_total"] == 300);
    CHECK(values["ece465_workers_joined_total"] == 1);
    CHECK(values["ece465_workers_lost_total{reason=\"silent\"}"] == 1);
    CHECK(values["ece465_uploaded_bytes_total"] == 4096);
    CHECK(values["ece465_workers"] == 2);
    CHECK(values["ece465_jobs_running"] == 1);
    CHECK(values["ece465_jobs_queued"] == 1);
    CHECK(values["ece465_http_connections"] == 7);
    CHECK(values["process_resident_memory_bytes"] > 1e6);
    CHECK(values["process_open_fds"] > 2);
    CHECK(types["process_cpu_seconds_total"] == "counter");
    CHECK(types["ece465_job_duration_seconds"] == "histogram");
    // Labels in either order.
    CHECK(text.find("method=\"GET\"") != std::string::npos);
    CHECK(text.find("method=\"other\"") != std::string::npos);
    CHECK(text.find("BREW") == std::string::npos);
  }
}
