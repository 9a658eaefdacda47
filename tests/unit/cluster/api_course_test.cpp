#include <doctest/doctest.h>

#include "api_fixture.hpp"
#include "jpeg_file.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;

/// The course's endpoints, byte for byte: its clients compare texts.

TEST_SUITE("course API") {
  TEST_CASE("upload, list, process, download, delete") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      auto answer = co_await upload(api, "photo.jpg", "not really a picture");
      CHECK(answer.status == 200);
      CHECK(answer.body == R"({"filename":"photo.jpg","status":"uploaded"})");
      CHECK(answer.headers.get("Content-Type") == "application/json");
      answer = co_await upload(api, "my.photo.TIFF", "x");
      CHECK(answer.body == R"({"filename":"my.photo.TIFF","status":"uploaded"})");

      answer = co_await get(api, "/files");
      CHECK(answer.status == 200);
      CHECK(answer.body == R"({"files":[{"name":"my.photo.TIFF","size":1},{"name":"photo.jpg","size":20}]})");
      answer = co_await get(api, "/files/equalized");
      CHECK(answer.body == R"({"files":[]})");

      answer = co_await call(api, "POST", "/process/photo.jpg");
      CHECK(answer.status == 200);
      CHECK(answer.body == R"({"status":"processing_started","job_id":"job_1"})");
      // A second request returns the running job.
      answer = co_await call(api, "POST", "/process/photo.jpg");
      CHECK(answer.body == R"({"status":"processing_started","job_id":"job_1"})");
      answer = co_await call(api, "POST", "/process/my.photo.TIFF");
      CHECK(answer.body == R"({"status":"processing_started","job_id":"job_2"})");

      api.temp.write("photo_equalized.jpg", "the result");
      answer = co_await get(api, "/files/equalized");
      CHECK(answer.body == R"({"files":[{"name":"photo_equalized.jpg"}]})");
      answer = co_await get(api, "/files");
      CHECK(answer.body == R"({"files":[{"name":"my.photo.TIFF","size":1},{"name":"photo.jpg","size":20}]})");
      answer = co_await get(api, "/download/photo_equalized.jpg");
      CHECK(answer.status == 200);
      CHECK(answer.body == "the result");

      answer = co_await call(api, "DELETE", "/files/photo.jpg");
      CHECK(answer.status == 200);
      CHECK(answer.body == R"({"status":"success","filename":"photo.jpg"})");
      CHECK(!api.temp.holds("photo.jpg"));
      CHECK(!api.temp.holds("photo_equalized.jpg"));
      CHECK(api.temp.holds("my.photo.TIFF"));
      // Otherwise its job would create the result again.
      CHECK(api.engine.job(JobNumber{1})->state == JobState::cancelled);
      CHECK(api.engine.job(JobNumber{2})->state == JobState::running);
    });
  }

  TEST_CASE("missing files and routes") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      auto answer = co_await call(api, "POST", "/process/photo.jpg");
      CHECK(answer.status == 404);
      CHECK(answer.body == R"({"detail":"File not found"})");
      answer = co_await get(api, "/download/photo.jpg");
      CHECK(answer.status == 404);
      CHECK(answer.body == R"({"detail":"File not found"})");
      answer = co_await call(api, "DELETE", "/files/photo.jpg");
      CHECK(answer.status == 404);
      CHECK(answer.body == R"({"detail":"File not found or already deleted."})");
      answer = co_await get(api, "/nowhere");
      CHECK(answer.status == 404);
      CHECK(answer.body == R"({"detail":"Not Found"})");
      answer = co_await get(api, "/upload");
      CHECK(answer.status == 405);
      CHECK(answer.body == R"({"detail":"Method Not Allowed"})");
      CHECK(answer.headers.get("Allow") == "POST, OPTIONS");
    });
  }

  TEST_CASE("nodes and logs") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      auto answer = co_await get(api, "/nodes");
      CHECK(answer.body == R"({"connected_workers":[]})");
      api.engine.connected = {some_worker("node-7"), some_worker("node-8")};
      answer = co_await get(api, "/nodes");
      CHECK(answer.body == R"({"connected_workers":["node-7","node-8"]})");
      answer = co_await get(api, "/logs");
      CHECK(answer.body == R"({"logs":[]})");
      api.logs.add("node-7", "I \"work\"");
      answer = co_await get(api, "/logs");
      CHECK(answer.body.starts_with(R"({"logs":[{"time":")"));
      CHECK(answer.body.ends_with(R"(","source":"node-7","message":"I \"work\""}]})"));
      check_documented("GET", "/logs", answer);
      answer = co_await call(api, "POST", "/clear_logs");
      CHECK(answer.body == R"({"status":"cleared"})");
      answer = co_await get(api, "/logs");
      CHECK(answer.body == R"({"logs":[]})");
    });
  }

  TEST_CASE("/process reports errors of the image, accepts options and refuses invalid ones") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("photo.jpg", "x");
      auto answer = co_await call(api, "POST", "/process/photo.jpg?channels=each&quality=90");
      CHECK(answer.status == 200);
      CHECK(api.engine.job(JobNumber{1})->request.channels == image::Channels::each);
      CHECK(api.engine.job(JobNumber{1})->request.quality == 90);
      for (const char* const query :
           {"?channels=all", "?channels=", "?quality=101", "?quality=0", "?quality=-1", "?quality=x", "?quality="}) {
        CAPTURE(query);
        answer = co_await call(api, "POST", std::string("/process/photo.jpg") + query);
        CHECK(answer.status == 422);
        check_documented("POST", "/process/{name}", answer);
      }
      struct Case {
        Errc code;
        int status;
      };
      for (const auto& [code, status] :
           {Case{Errc::bad_input, 422}, Case{Errc::unsupported, 422}, Case{Errc::corrupt, 422},
            Case{Errc::too_large, 422}, Case{Errc::unavailable, 503}, Case{Errc::no_space, 507}, Case{Errc::io, 500}}) {
        api.engine.refuse = Error{code, "this is why", "photo.jpg"};
        answer = co_await call(api, "POST", "/process/photo.jpg");
        CHECK(answer.status == status);
        CHECK(answer.body == R"({"detail":"photo.jpg: this is why"})");
        check_documented("POST", "/process/{name}", answer);
      }
    });
  }

  TEST_CASE("every response has CORS, caching and content type headers") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("photo.jpg", "x");
      for (const char* const target : {"/", "/files", "/download/photo.jpg", "/nowhere", "/upload", "/logs",
                                       "/api/v1/status", "/metrics", "/healthz", "/api/v1/files/none.jpg/preview"}) {
        CAPTURE(target);
        const auto answer = co_await get(api, target);
        CHECK(answer.headers.get("Access-Control-Allow-Origin") == "*");
        CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
        CHECK(answer.headers.get("Cache-Control").has_value());
        CHECK(answer.headers.get("Content-Type").has_value());
      }
      const auto asked = co_await call(api, "OPTIONS", "/files/photo.jpg");
      CHECK(asked.status == 204);
      CHECK(asked.headers.get("Access-Control-Allow-Methods") == "DELETE, OPTIONS");
    });
  }

  TEST_CASE("path traversal fails in every route") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.temp.write("photo.jpg", "x");
      const std::vector<std::string> names{"..",
                                           "%2e%2e",
                                           "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                                           "..%2fphoto.jpg",
                                           "a%2f..%2fphoto.jpg",
                                           "..%5cphoto.jpg",
                                           ".ece465",
                                           ".ece465%2fjobs.sqlite",
                                           "photo.jpg%00",
                                           "%00",
                                           "gr%f6%df.jpg",
                                           ".hidden.jpg",
                                           "%2fetc%2fpasswd",
                                           std::string(5000, 'x') + ".jpg"};
      for (const std::string& name : names) {
        CAPTURE(name.substr(0, 60));
        for (const auto& [method, target] : std::vector<std::pair<std::string, std::string>>{
                 {"GET", "/download/" + name},
                 {"POST", "/process/" + name},
                 {"DELETE", "/files/" + name},
                 {"GET", "/api/v1/files/" + name + "/preview"},
                 {"GET", "/api/v1/jobs/" + name},
             }) {
          CAPTURE(method);
          const auto answer = co_await call(api, method, target);
          CHECK(answer.status == 404);
          CHECK(answer.body.starts_with(R"({"detail":)"));
        }
      }
      // These paths match no route.
      for (const char* const target : {"/download/a/../photo.jpg", "/download/../../etc/passwd", "/download//photo.jpg",
                                       "/download/", "/files/x/../photo.jpg"}) {
        CAPTURE(target);
        const auto answer = co_await get(api, target);
        CHECK(answer.status == 404);
      }
      const auto malformed = co_await get(api, "/download/%zz");
      CHECK(malformed.status == 400);
      CHECK(api.temp.holds("photo.jpg"));
      CHECK(api.temp.holds(".ece465/jobs.sqlite"));
    });
  }

  TEST_CASE("symlinks are not files") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      const ece465::testing::TempFolder outside;
      outside.write("secret.jpg", "secret");
      std::filesystem::create_symlink(outside / "secret.jpg", api.temp / "link.jpg");
      auto answer = co_await get(api, "/files");
      CHECK(answer.body == R"({"files":[]})");
      answer = co_await get(api, "/download/link.jpg");
      CHECK(answer.status == 404);
      answer = co_await call(api, "POST", "/process/link.jpg");
      CHECK(answer.status == 404);
      answer = co_await call(api, "DELETE", "/files/link.jpg");
      CHECK(answer.status == 404);
      answer = co_await get(api, "/api/v1/files/link.jpg/preview");
      CHECK(answer.status == 404);
      answer = co_await upload(api, "link.jpg", "mine");
      CHECK(answer.status == 200);
      CHECK(outside.read("secret.jpg") == "secret");
      answer = co_await get(api, "/download/link.jpg");
      CHECK(answer.body == "mine");
    });
  }
}
