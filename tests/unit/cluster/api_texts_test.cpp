#include <doctest/doctest.h>

#include "api_fixture.hpp"

using namespace ece465;
using namespace ece465::cluster;
using namespace ece465::cluster::testing;

namespace {

std::string counting(std::string_view kind, std::string_view text, std::string_view more = "") {
  return fmt::format(
      "POST /api/v1/mapreduce/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{}", kind,
      more, text.size(), text);
}

}  // namespace

TEST_SUITE("api texts") {
  TEST_CASE("the response contains the counts") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      const std::string words = co_await raw(api, counting("wordcount", "to be or\nnot to be"));
      CHECK(status_of(words) == 200);
      CHECK(body_of(words) == "2 be\n1 not\n1 or\n2 to\n");
      CHECK(words.find("Content-Type: text/plain\r\n") != std::string::npos);
      CHECK(words.find("Content-Length: 21\r\n") != std::string::npos);
      CHECK(body_of(co_await raw(api, counting("bytes", "a 5\nb x\n"))) == "5 2 1\n");
      const std::string nothing = co_await raw(api, counting("wordcount", ""));
      CHECK(status_of(nothing) == 200);
      CHECK(body_of(nothing).empty());
    });
  }

  TEST_CASE("a chunked text") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      const std::string answer = co_await raw(api,
                                              "POST /api/v1/mapreduce/wordcount HTTP/1.1\r\nHost: x\r\nConnection: "
                                              "close\r\nTransfer-Encoding: chunked\r\n\r\n"
                                              "3\r\nto \r\n1\r\nb\r\n2\r\ne \r\n0\r\n\r\n");
      CHECK(status_of(answer) == 200);
      CHECK(body_of(answer) == "1 be\n1 to\n");
    });
  }

  TEST_CASE("our client receives the result as a stream") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      http::Url url;
      url.address = api.address;
      http::Client client(url);
      const auto source = borrow_memory("text", as_bytes("b a b"));
      std::string got;
      std::uint64_t sent = 0;
      const auto answer = co_await client.post(
          "/api/v1/mapreduce/wordcount", source.get(), [&](std::uint64_t done, std::uint64_t) { sent = done; },
          [&](Bytes bytes) -> Result<void> {
            got += as_text(bytes);
            return {};
          });
      REQUIRE(answer);
      CHECK(answer->status == 200);
      CHECK(got == "1 a\n2 b\n");
      CHECK(sent == 5);
      const auto refused = co_await client.post("/api/v1/mapreduce/poetry", source.get(), nullptr, nullptr);
      REQUIRE(refused);
      CHECK(refused->status == 404);
      check_documented("POST", "/api/v1/mapreduce/{kind}", *refused);
    });
  }

  TEST_CASE("errors of the engine are reported") {
    with_api([](ApiFixture& api) -> net::Task<void> {
      for (const auto& [code, status] :
           {std::pair(Errc::too_large, 422), std::pair(Errc::unavailable, 503), std::pair(Errc::internal, 500)}) {
        api.engine.refuse = Error{code, "the reason"};
        const std::string answer = co_await raw(api, counting("wordcount", "a"));
        CHECK(status_of(answer) == status);
        CHECK(body_of(answer) == R"({"detail":"the reason"})");
      }
      api.engine.refuse.reset();
      CHECK(status_of(co_await raw(api, counting("bytes", "a 18446744073709551615\nb 1\n"))) == 422);
      CHECK(status_of(co_await raw(
                api, "GET /api/v1/mapreduce/bytes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == 405);
    });
  }

  TEST_CASE("a truncated text fails and frees its slot") {
    ApiLimits limits;
    limits.max_texts = 1;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          const std::string whole = counting("wordcount", "to be or not to be");
          for (std::size_t sent = whole.size() - 18; sent < whole.size(); ++sent) {
            co_await cut_off(api, whole.substr(0, sent));
          }
          std::string answer;
          do {  // until the last one's slot is free
            answer = co_await raw(api, whole);
          } while (status_of(answer) == 503);
          CHECK(status_of(answer) == 200);
        },
        limits);
  }

  TEST_CASE("limits on concurrent texts and on their size") {
    ApiLimits limits;
    limits.max_texts = 0;
    limits.max_upload_bytes = 10;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          const std::string busy = co_await raw(api, counting("wordcount", "a"));
          CHECK(status_of(busy) == 503);
          CHECK(busy.find("Retry-After: ") != std::string::npos);
          CHECK(status_of(co_await raw(api, counting("wordcount", "more than ten"))) == 413);
          CHECK(api.engine.texts == 0);
        },
        limits);
  }

  TEST_CASE("a slow text is cut off") {
    ApiLimits limits;
    limits.upload_grace = net::Duration(0);
    limits.min_upload_bytes_per_second = std::uint64_t{1} << 60;
    with_api(
        [](ApiFixture& api) -> net::Task<void> {
          const std::string answer = co_await raw(api, counting("wordcount", "a b c"));
          CHECK(status_of(answer) == 408);
        },
        limits);
  }
}
