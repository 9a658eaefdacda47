#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "api_fixture.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using nlohmann::json;

namespace {

/// A job that is only in the store.
void keep_only_in_store(ApiFixture& api, JobStatus job) {
  REQUIRE(api.store.add(job.request, job.created));
  REQUIRE(api.store.update(job));
  api.engine.known.erase(job.number);
}

std::vector<std::string> ids(const http::ClientResponse& answer) {
  std::vector<std::string> result;
  const json whole = json::parse(answer.body);
  for (const auto& job : whole["jobs"]) result.push_back(job["id"].get<std::string>());
  return result;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_SUITE("api jobs") {
  TEST_CASE("a job is created with its options, or the running one returned") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("a.jpg", "x");
      auto answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":"a.jpg","channels":"gray","quality":80})");
      CHECK(answer.status == 201);
      CHECK(answer.headers.get("Location") == "/api/v1/jobs/job_1");
      check_documented("POST", "/api/v1/jobs", answer);
      const json job = json::parse(answer.body);
      CHECK(job["id"] == "job_1");
      CHECK(job["result"] == "a_equalized.jpg");
      CHECK(job["channels"] == "gray");
      CHECK(job["quality"] == 80);
      // Without a quality the input's is used, and it is shown as null.
      api.temp.write("b.jpg", "x");
      api.temp.write("c.jpg", "x");
      for (const char* const body : {R"({"file":"b.jpg"})", R"({"file":"c.jpg","quality":null})"}) {
        answer = co_await call(api, "POST", "/api/v1/jobs", body);
        CHECK(answer.status == 201);
        CHECK(json::parse(answer.body)["quality"].is_null());
        check_documented("POST", "/api/v1/jobs", answer);
      }
      answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":"a.jpg"})");
      CHECK(answer.status == 200);
      CHECK(json::parse(answer.body)["id"] == "job_1");
      check_documented("POST", "/api/v1/jobs", answer);
    });
  }

  TEST_CASE("invalid job requests are refused, naming the field") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("a.jpg", "x");
      for (const char* const body :
           {"", "{", "[]", "7", "\"a.jpg\"", "{}", R"({"file":7})", R"({"file":null})",
            R"({"file":"a.jpg","channels":"all"})", R"({"file":"a.jpg","channels":1})",
            R"({"file":"a.jpg","quality":101})", R"({"file":"a.jpg","quality":0})", R"({"file":"a.jpg","quality":-1})",
            R"({"file":"a.jpg","quality":"9"})", R"({"file":"a.jpg","quality":9.5})"}) {
        CAPTURE(body);
        const auto answer = co_await call(api, "POST", "/api/v1/jobs", body);
        CHECK(answer.status == 422);
        check_documented("POST", "/api/v1/jobs", answer);
      }
      auto answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":"b.jpg"})");
      CHECK(answer.status == 404);
      CHECK(answer.body == R"({"detail":"File not found"})");
      answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":"../../etc/passwd"})");
      CHECK(answer.status == 404);
      answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":")" + std::string(100'000, 'x') + "\"}");
      CHECK(answer.status == 413);
      check_documented("POST", "/api/v1/jobs", answer);
      const std::string deep = R"({"file":"a.jpg","x":)" + std::string(20'000, '[') + "}";
      answer = co_await call(api, "POST", "/api/v1/jobs", deep);
      CHECK(answer.status == 422);
      CHECK(api.engine.known.empty());
    });
  }

  TEST_CASE("a refused job's error is sent as a sentence and in parts") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("photo.jpg", "x");
      api.engine.refuse = Error{Errc::unsupported, "this is why", "photo.jpg"};
      const auto answer = co_await call(api, "POST", "/api/v1/jobs", R"({"file":"photo.jpg"})");
      CHECK(answer.status == 422);
      CHECK(json::parse(answer.body) ==
            json{{"detail", "photo.jpg: this is why"},
                 {"error", {{"code", "unsupported"}, {"subject", "photo.jpg"}, {"message", "this is why"}}}});
      check_documented("POST", "/api/v1/jobs", answer);
    });
  }

  TEST_CASE("a job is shown from the engine, else from the store") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      for (std::uint64_t i = 1; i < 3; ++i) REQUIRE(api.store.add(busy_job().request, moment()));
      keep_only_in_store(api, failed_job());
      auto answer = co_await get(api, "/api/v1/jobs/job_3");
      CHECK(answer.status == 200);
      check_documented("GET", "/api/v1/jobs/{id}", answer);
      CHECK(json::parse(answer.body)["state"] == "failed");
      CHECK(json::parse(answer.body)["reason"] == "größe.tif: strip 7 ends early");
      CHECK(json::parse(answer.body)["error"] ==
            json{{"code", "corrupt"}, {"subject", "größe.tif"}, {"message", "strip 7 ends early"}});
      api.engine.known[JobNumber{3}] = busy_job();
      answer = co_await get(api, "/api/v1/jobs/job_3");
      CHECK(json::parse(answer.body)["state"] == "running");
      check_documented("GET", "/api/v1/jobs/{id}", answer);
      for (const char* const id : {"job_4", "job_0", "4", "job_", "job_03", "job_-3", "job_99999999999999999999"}) {
        CAPTURE(id);
        answer = co_await get(api, std::string("/api/v1/jobs/") + id);
        CHECK(answer.status == 404);
        CHECK(answer.body == R"({"detail":"Job not found"})");
      }
    });
  }

  TEST_CASE("jobs of engine and store are listed together, newest first") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      auto answer = co_await get(api, "/api/v1/jobs");
      CHECK(answer.body == R"({"jobs":[]})");
      for (std::uint64_t i = 1; i <= 5; ++i) {
        JobStatus job = failed_job();
        job.number = JobNumber{i};
        job.request.file = i % 2 == 0 ? "even.jpg" : "odd.jpg";
        keep_only_in_store(api, job);
      }
      JobStatus current = busy_job();
      current.number = JobNumber{4};
      current.request.file = "even.jpg";
      api.engine.known[current.number] = current;
      answer = co_await get(api, "/api/v1/jobs");
      check_documented("GET", "/api/v1/jobs", answer);
      CHECK(ids(answer) == Ids{"job_5", "job_4", "job_3", "job_2", "job_1"});
      CHECK(json::parse(answer.body)["jobs"][1]["state"] == "running");
      answer = co_await get(api, "/api/v1/jobs?limit=2");
      CHECK(ids(answer) == Ids{"job_5", "job_4"});
      answer = co_await get(api, "/api/v1/jobs?file=even.jpg");
      CHECK(ids(answer) == Ids{"job_4", "job_2"});
      answer = co_await get(api, "/api/v1/jobs?file=odd.jpg&limit=1");
      CHECK(ids(answer) == Ids{"job_5"});
      answer = co_await get(api, "/api/v1/jobs?file=gr%F6%DF.jpg");
      CHECK(ids(answer).empty());
      for (const char* const limit : {"0", "-1", "x", "1001", ""}) {
        answer = co_await get(api, std::string("/api/v1/jobs?limit=") + limit);
        CHECK(answer.status == 422);
        check_documented("GET", "/api/v1/jobs", answer);
      }
    });
  }

  TEST_CASE("cancelling ends a running job and does not change an ended one") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("a.jpg", "x");
      auto answer = co_await call(api, "POST", "/process/a.jpg");
      CHECK(answer.status == 200);
      answer = co_await call(api, "DELETE", "/api/v1/jobs/job_1");
      CHECK(answer.status == 200);
      CHECK(json::parse(answer.body)["state"] == "cancelled");
      check_documented("DELETE", "/api/v1/jobs/{id}", answer);
      answer = co_await call(api, "DELETE", "/api/v1/jobs/job_1");
      CHECK(answer.status == 200);
      CHECK(json::parse(answer.body)["state"] == "cancelled");
      answer = co_await call(api, "DELETE", "/api/v1/jobs/job_2");
      CHECK(answer.status == 404);
      check_documented("DELETE", "/api/v1/jobs/{id}", answer);
    });
  }

  TEST_CASE("strips of the current page") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.engine.known[JobNumber{3}] = busy_job();
      auto answer = co_await get(api, "/api/v1/jobs/job_3/strips");
      CHECK(answer.body == R"({"page":2,"phase":"apply","strips":[]})");
      JobStrips& strips = api.engine.current_strips.emplace();
      strips.page = 1;
      strips.phase = JobPhase::map;
      strips.strips.push_back({0, 64, 32, mapreduce::StripState::done, {}, "node-7", 0});
      strips.strips.push_back({0, 96, 32, mapreduce::StripState::running, {"a", "b"}, std::nullopt, 2});
      answer = co_await get(api, "/api/v1/jobs/job_3/strips");
      CHECK(answer.body ==
            R"({"page":2,"phase":"map","strips":[{"plane":0,"first_row":64,"rows":32,"state":"done","workers":[],)"
            R"("by":"node-7","misses":0},{"plane":0,"first_row":96,"rows":32,"state":"running","workers":["a","b"],)"
            R"("by":null,"misses":2}]})");
      check_documented("GET", "/api/v1/jobs/{id}/strips", answer);
      answer = co_await get(api, "/api/v1/jobs/job_4/strips");
      CHECK(answer.status == 404);
    });
  }

  TEST_CASE("histograms before and after, and the table between them") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      JobStatus job = busy_job();
      api.engine.known[job.number] = job;
      const PageLevels levels = some_levels(8, 3);
      REQUIRE(api.store.save_levels(job.number, 0, levels));
      REQUIRE(api.store.save_levels(job.number, 1, some_levels(16, 1)));
      auto answer = co_await get(api, "/api/v1/jobs/job_3/histograms");
      CHECK(answer.status == 200);
      check_documented("GET", "/api/v1/jobs/{id}/histograms", answer);
      json page = json::parse(answer.body);
      CHECK(page["page"] == 1);
      CHECK(page["pages"] == 2);
      CHECK(page["bits"] == 8);
      REQUIRE(page["planes"].size() == 3);
      CHECK(page["planes"][0]["name"] == "red");
      CHECK(page["planes"][2]["name"] == "blue");
      const auto& before = levels.before[1];
      CHECK(page["planes"][1]["before"] == json(before.counts()));
      CHECK(page["planes"][1]["table"] == json(levels.tables[1]));
      CHECK(page["planes"][1]["after"] == json(image::map_histogram(before, levels.tables[1]).counts()));
      answer = co_await get(api, "/api/v1/jobs/job_3/histograms?page=2");
      page = json::parse(answer.body);
      CHECK(page["bits"] == 16);
      CHECK(page["planes"][0]["before"].size() == 65536);
      CHECK(page["planes"][0]["name"] == "gray");  // `each` of a gray page
      api.engine.known[job.number].request.channels = image::Channels::luma;
      answer = co_await get(api, "/api/v1/jobs/job_3/histograms?page=2");
      CHECK(json::parse(answer.body)["planes"][0]["name"] == "luma");
      answer = co_await get(api, "/api/v1/jobs/job_3/histograms?page=3");
      CHECK(answer.status == 404);
      check_documented("GET", "/api/v1/jobs/{id}/histograms", answer);
      answer = co_await get(api, "/api/v1/jobs/job_3/histograms?page=0");
      CHECK(answer.status == 422);
      answer = co_await get(api, "/api/v1/jobs/job_9/histograms");
      CHECK(answer.status == 404);
    });
  }
}
