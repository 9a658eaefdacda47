#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "api/route_table.hpp"
#include "api_fixture.hpp"
#include "ece465/ui/page.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;
using nlohmann::json;

namespace {

/// A client of the event stream.
class Watcher {
 public:
  net::Task<void> connect(ApiFixture& api) {
    auto stream = co_await net::connect(api.address, kLong);
    REQUIRE(stream);
    stream_.emplace(std::move(*stream));
    const std::string request = "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)co_await stream_->write(as_bytes(request), kLong);
  }
  /// Reads until `text` has arrived. False: the stream ended first.
  net::Task<bool> until(std::string text) {
    Buffer piece(4096);
    while (seen.find(text) == std::string::npos) {
      const auto n = co_await stream_->read_some(piece.span(), kLong);
      if (!n || *n == 0) co_return false;
      seen += as_text(piece.span().first(*n));
    }
    co_return true;
  }

  std::string seen;

 private:
  std::optional<net::Stream> stream_;
};

}  // namespace

TEST_SUITE("api state") {
  TEST_CASE("status, workers, health, readiness") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.context.connections = [] { return std::size_t{7}; };
      api.engine.connected = {some_worker("node-7")};
      REQUIRE(api.store.add(busy_job().request, moment()));
      auto answer = co_await get(api, "/api/v1/status");
      CHECK(answer.status == 200);
      check_documented("GET", "/api/v1/status", answer);
      const json status = json::parse(answer.body);
      CHECK(status["version"] == "1.2.3");
      CHECK(status["started"] == "2026-11-25T15:27:20.123Z");
      CHECK(status["workers"] == 1);
      CHECK(status["jobs"] == json::parse(R"({"queued":1,"running":0,"done":0,"failed":0,"cancelled":0})"));
      CHECK(status["bytes_sent"] == 100);
      CHECK(status["bytes_received"] == 200);
      CHECK(status["pixels_per_second"] == 3e6);
      CHECK(status["connections"] == 7);

      answer = co_await get(api, "/api/v1/workers");
      check_documented("GET", "/api/v1/workers", answer);
      CHECK(json::parse(answer.body)["workers"][0]["id"] == "node-7");

      answer = co_await get(api, "/healthz");
      CHECK(answer.status == 200);
      CHECK(answer.body == "ok");
      check_documented("GET", "/healthz", answer);
      answer = co_await get(api, "/readyz");
      CHECK(answer.status == 200);
      check_documented("GET", "/readyz", answer);
      api.ready = false;
      answer = co_await get(api, "/readyz");
      CHECK(answer.status == 503);
      CHECK(answer.body == R"({"detail":"The master is starting or stopping."})");
      check_documented("GET", "/readyz", answer);
      answer = co_await get(api, "/healthz");
      CHECK(answer.status == 200);
    });
  }

  TEST_CASE("metrics count requests, workers and jobs") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      api.engine.connected = {some_worker("a"), some_worker("b")};
      JobStatus job;
      for (std::uint64_t i = 1; i <= 3; ++i) {
        job.number = JobNumber{i};
        job.state = i == 1 ? JobState::running : i == 2 ? JobState::queued : JobState::done;
        api.engine.known[job.number] = job;
      }
      auto answer = co_await get(api, "/nowhere");
      CHECK(answer.status == 404);
      answer = co_await get(api, "/metrics");
      CHECK(answer.status == 200);
      CHECK(answer.headers.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
      check_documented("GET", "/metrics", answer);
      const bool counted =
          answer.body.find("ece465_http_requests_total{method=\"GET\",status=\"4xx\"} 1") != std::string::npos ||
          answer.body.find("ece465_http_requests_total{status=\"4xx\",method=\"GET\"} 1") != std::string::npos;
      CHECK(counted);
      for (const char* const line : {"\nece465_workers 2\n", "\nece465_jobs_running 1\n", "\nece465_jobs_queued 1\n"}) {
        CAPTURE(line);
        CHECK(answer.body.find(line) != std::string::npos);
      }
    });
  }

  TEST_CASE("requests are logged at debug level, each in one line") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      std::string log;
      Logger logger(LogLevel::debug, LogFormat::text, [&](std::string_view line) { log += line; });
      api.context.logger = &logger;
      const auto answer = co_await get(api, "/nowhere%0Aelse");
      CHECK(answer.status == 404);
      CHECK(log.find(" debug request method=GET path=\"/nowhere\\nelse\" status=404 peer=127.0.0.1:") !=
            std::string::npos);
      CHECK(std::ranges::count(log, '\n') == 1);
      api.context.logger = nullptr;
    });
  }

  TEST_CASE("the page at / loads nothing external, and its links work") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      const auto answer = co_await get(api, "/");
      CHECK(answer.status == 200);
      CHECK(answer.headers.get("Content-Type") == "text/html; charset=utf-8");
      CHECK(answer.headers.get("Cache-Control") == "no-cache");
      check_documented("GET", "/", answer);
      CHECK(answer.body.find("http://") == std::string::npos);
      CHECK(answer.body.find("https://") == std::string::npos);
      const std::string policy(answer.headers.get("Content-Security-Policy").value_or(""));
      const bool is_whole = ui::page_assets().empty();  // the plain page of a build without the web page
      CHECK(policy.starts_with(is_whole ? "default-src 'none'" : "default-src 'self'"));
      CHECK(policy.find("unsafe-inline") == (is_whole ? policy.find("style-src") + 11 : std::string::npos));
      for (const std::string name : {" href=\"", " src=\""}) {
        for (std::size_t at = answer.body.find(name); at != std::string::npos; at = answer.body.find(name, at + 1)) {
          const std::size_t begin = at + name.size();
          const std::string target = answer.body.substr(begin, answer.body.find('"', begin) - begin);
          if (target == "/api/v1/events") continue;  // endless
          CAPTURE(target);
          const auto named = co_await get(api, target);
          CHECK(named.status == 200);
        }
      }
    });
  }

  TEST_CASE("the page's files are immutable and have its content security policy") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      for (const http::Asset& asset : ui::page_assets()) {
        CAPTURE(asset.path);
        const auto answer = co_await get(api, std::string(asset.path));
        CHECK(answer.status == 200);
        CHECK(answer.headers.get("Content-Type") == asset.type);
        CHECK(answer.body == as_text(asset.plain));
        if (asset.path == "/") continue;
        CHECK(answer.headers.get("Cache-Control") == "public, max-age=31536000, immutable");
        CHECK(answer.headers.get("Content-Security-Policy").value_or("").starts_with("default-src 'self'"));
      }
      const auto missing = co_await get(api, "/ui/0000000000000000/app.js");
      CHECK(missing.status == 404);
    });
  }
}

TEST_SUITE("api events") {
  TEST_CASE("a subscriber gets the current state, then changes") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      for (std::uint64_t i = 1; i <= 30; ++i) {
        JobStatus job = busy_job();
        job.number = JobNumber{i};
        api.engine.known[job.number] = job;
      }
      api.engine.connected = {some_worker("node-7")};
      Watcher watcher;
      co_await watcher.connect(api);
      const bool greeted = co_await watcher.until("\"last_heard\":");
      CHECK(greeted);
      CHECK(watcher.seen.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(watcher.seen.find("Content-Type: text/event-stream; charset=utf-8\r\n") != std::string::npos);
      CHECK(watcher.seen.find("Cache-Control: no-store\r\n") != std::string::npos);
      bool whole = co_await watcher.until("]}\n\n");
      CHECK(whole);
      const auto at = watcher.seen.find("event: hello\ndata: ");
      REQUIRE(at != std::string::npos);
      const json hello = json::parse(watcher.seen.substr(at + 19, watcher.seen.find('\n', at + 19) - at - 19));
      CHECK(hello["version"] == "1.2.3");
      CHECK(hello["worker_port"] == 6465);
      REQUIRE(hello["jobs"].size() == 20);
      CHECK(hello["jobs"][0]["id"] == "job_30");
      CHECK(hello["workers"][0]["id"] == "node-7");

      api.logs.add("node-7", "hello");
      api.events.publish("worker_lost", R"({"id":"node-7"})");
      const bool received = co_await watcher.until("event: worker_lost\ndata: {\"id\":\"node-7\"}\n\n");
      CHECK(received);
      CHECK(watcher.seen.find("\"source\":\"node-7\",\"message\":\"hello\"}\n\n") != std::string::npos);
    });
  }

  TEST_CASE("heartbeats are events") {
    ApiLimits limits;
    limits.heartbeat = std::chrono::milliseconds(5);
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          Watcher watcher;
          co_await watcher.connect(api);
          const bool beaten = co_await watcher.until("event: beat\ndata: {}\n\nevent: beat\ndata: {}\n\n");
          CHECK(beaten);
        },
        limits);
  }

  TEST_CASE("a client that does not read loses events without slowing the others") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      Watcher slow, quick;
      co_await slow.connect(api);
      co_await quick.connect(api);
      const bool both = (co_await slow.until("event: hello")) && (co_await quick.until("event: hello"));
      CHECK(both);
      // Exceeds the slow client's socket buffers and the queue together.
      for (int i = 0; i < 400; ++i) {
        api.events.publish("log", fmt::format("{}{}", i, std::string(100'000, '.')));
        const bool received = co_await quick.until(fmt::format("data: {}.", i));
        REQUIRE(received);
        quick.seen.clear();
      }
      const bool lost = co_await slow.until("event: gap\n");
      CHECK(lost);
      const bool caught_up = co_await slow.until("data: 399.");
      CHECK(caught_up);
    });
  }

  TEST_CASE("two hundred subscribers get events and are disconnected at the end") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      std::vector<Watcher> watchers(200);
      for (auto& watcher : watchers) {
        co_await watcher.connect(api);
        const bool greeted = co_await watcher.until("event: hello");
        REQUIRE(greeted);
      }
      CHECK(api.events.subscribers() == 200);
      api.events.publish("file", R"({"name":"a.jpg"})");
      for (auto& watcher : watchers) {
        const bool received = co_await watcher.until("a.jpg");
        CHECK(received);
      }
      api.events.close();
      for (auto& watcher : watchers) {
        const bool more = co_await watcher.until("never");
        CHECK(!more);
      }
      while (api.events.subscribers() > 0) co_await asio::post(api.io, asio::use_awaitable);
    });
  }

  TEST_CASE("the number of subscribers is limited") {
    ApiLimits limits;
    limits.max_subscribers = 0;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          const auto answer = co_await get(api, "/api/v1/events");
          CHECK(answer.status == 503);
          check_documented("GET", "/api/v1/events", answer);
        },
        limits);
  }
}
