#include "ece465/http/server.hpp"

#include <doctest/doctest.h>

#include "ece465/base/byte_sink.hpp"
#include "ece465/http/client.hpp"
#include "ece465/http/multipart.hpp"
#include "ece465/http/range.hpp"

using namespace ece465;
using namespace ece465::http;
using namespace std::chrono_literals;

namespace {

constexpr net::Duration kLong = 20s;

const std::string kFile(300'000, 'f');

Router test_routes() {
  Router router;
  router.add("GET", "/hello", [](Request& request) -> net::Task<Response> {
    const auto who = request.query.find("who");
    co_return Response::text(200, "hello " + (who == request.query.end() ? "world" : who->second));
  });
  router.add(
      "POST", "/echo",
      [](Request& request) -> net::Task<Response> {
        auto text = co_await request.text(1 << 20);
        if (!text) co_return Response::detail(413, text.error().text());
        co_return Response::text(200, *text);
      },
      BodyUse::handler);
  router.add("POST", "/count", [done = std::make_shared<int>()](Request&) -> net::Task<Response> {
    co_return Response::text(200, std::to_string(++*done));
  });
  router.add("POST", "/ignore", [](Request&) -> net::Task<Response> { co_return Response::text(200, "ignored"); });
  router.add(
      "POST", "/upload",
      [](Request& request) -> net::Task<Response> {
        MultipartParser parser(multipart_boundary(request.headers.get("Content-Type").value_or("")).value_or("?"));
        Buffer piece(10'000);
        std::string name;
        std::size_t bytes = 0;
        for (;;) {
          const auto n = co_await request.body->read(piece.span());
          if (!n) co_return Response::detail(400, n.error().text());
          if (*n == 0) co_return Response::detail(400, "cut off");
          parser.feed(piece.span().first(*n));
          for (bool more = true; more;) {
            const auto event = parser.next();
            if (!event) co_return Response::detail(400, event.error().text());
            if (const auto* part = std::get_if<MultipartParser::PartBegin>(&*event)) name = part->filename.value_or("");
            if (const auto* data = std::get_if<MultipartParser::PartData>(&*event)) bytes += data->bytes.size();
            if (std::holds_alternative<MultipartParser::Finished>(*event)) {
              co_return Response::text(200, fmt::format("{} {}", name, bytes));
            }
            more = !std::holds_alternative<MultipartParser::NeedMore>(*event);
          }
        }
      },
      BodyUse::handler);
  router.add("GET", "/file", [](Request& request) -> net::Task<Response> {
    co_return serve_file(request, borrow_memory("file", as_bytes(kFile)), "\"v1\"", "text/plain");
  });
  router.add("GET", "/events", [](Request&) -> net::Task<Response> {
    Response response = Response::text(200, "", "text/event-stream");
    response.body = StreamBody([](net::Stream& stream) -> net::Task<Result<void>> {
      for (int i = 0; i < 3; ++i) {
        const std::string event = fmt::format("data: {}\n\n", i);
        ECE465_CO_TRY(co_await stream.write(as_bytes(event), kLong));
      }
      co_return Result<void>{};
    });
    co_return response;
  });
  router.add("GET", "/throw", [](Request&) -> net::Task<Response> {
    throw std::runtime_error("a library's");
    co_return Response(200);
  });
  return router;
}

/// Runs `use(address)` against a server with the test's routes.
template <class Use>
void with_server(Use use, ServerLimits limits = {}) {
  asio::io_context context(1);
  asio::thread_pool files(1);
  Server server(context, files, test_routes(), limits);
  const auto address = server.listen({"127.0.0.1", 0});
  REQUIRE(address);
  bool finished = false;
  const auto client = [&]() -> net::Task<void> {
    co_await use(*address);
    co_await server.stop(kLong);
    finished = true;
  };
  asio::co_spawn(context, client, asio::detached);
  context.run();
  CHECK(finished);
}

/// Sends `bytes` and returns everything that arrives until the server closes the connection.
net::Task<std::string> raw(net::Address address, std::string bytes) {
  auto stream = co_await net::connect(address, kLong);
  REQUIRE(stream);
  (void)co_await stream->write(as_bytes(bytes), kLong);
  std::string all;
  Buffer piece(4096);
  for (;;) {
    const auto n = co_await stream->read_some(piece.span(), kLong);
    if (!n || *n == 0) break;
    all += as_text(piece.span().first(*n));
  }
  co_return all;
}

Client client_of(const net::Address& address) {
  Url url;
  url.address = address;
  return Client(std::move(url));
}

}  // namespace

TEST_SUITE("http server") {
  TEST_CASE("several requests on one connection") {
    with_server([](net::Address address) -> net::Task<void> {
      Client client = client_of(address);
      CHECK((co_await client.request("GET", "/hello"))->body == "hello world");
      CHECK((co_await client.request("GET", "/hello?who=a%20b+c"))->body == "hello a b c");
      const std::string big(500'000, 'x');
      CHECK((co_await client.request("POST", "/echo", big))->body == big);
      CHECK((co_await client.request("POST", "/ignore", "unread"))->body == "ignored");
      CHECK((co_await client.request("GET", "/hello"))->status == 200);
    });
  }

  TEST_CASE("404, 405 with Allow, 500, OPTIONS, each with CORS") {
    with_server([](net::Address address) -> net::Task<void> {
      Client client = client_of(address);
      const auto missing = co_await client.request("GET", "/nowhere");
      CHECK(missing->status == 404);
      CHECK(missing->body == R"({"detail":"Not Found"})");
      CHECK(missing->headers.get("Access-Control-Allow-Origin") == "*");
      const auto wrong = co_await client.request("DELETE", "/hello");
      CHECK(wrong->status == 405);
      CHECK(wrong->headers.get("Allow") == "GET, OPTIONS");
      CHECK((co_await client.request("GET", "/throw"))->status == 500);
      CHECK((co_await client.request("OPTIONS", "/hello"))->status == 204);
    });
  }

  TEST_CASE("downloads: whole, part, beyond, unchanged") {
    with_server([](net::Address address) -> net::Task<void> {
      Client client = client_of(address);
      std::string got;
      const auto whole = co_await client.download("/file", [&](Bytes bytes) -> Result<void> {
        got += as_text(bytes);
        return {};
      });
      CHECK(whole->status == 200);
      CHECK(got == kFile);
      const auto part =
          co_await raw(address, "GET /file HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9\r\nConnection: close\r\n\r\n");
      CHECK(part.starts_with("HTTP/1.1 206"));
      CHECK(part.find("Content-Range: bytes 5-9/300000\r\n") != std::string::npos);
      CHECK(part.ends_with("\r\n\r\nfffff"));
      CHECK(
          (co_await raw(address, "GET /file HTTP/1.1\r\nHost: x\r\nRange: bytes=300000-\r\nConnection: close\r\n\r\n"))
              .starts_with("HTTP/1.1 416"));
      CHECK(
          (co_await raw(address, "GET /file HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v1\"\r\nConnection: close\r\n\r\n"))
              .starts_with("HTTP/1.1 304"));
    });
  }

  TEST_CASE("an upload is parsed while it arrives") {
    with_server([](net::Address address) -> net::Task<void> {
      Client client = client_of(address);
      const auto source = borrow_memory("file", as_bytes(kFile));
      FilePart part;
      part.field = "file";
      part.filename = "a b.jpg";
      part.source = source.get();
      std::uint64_t last = 0;
      part.progress = [&](std::uint64_t sent, std::uint64_t) { last = sent; };
      const auto response = co_await client.upload("/upload", part);
      REQUIRE(response);
      CHECK(response->body == "a b.jpg 300000");
      CHECK(last == kFile.size());
    });
  }

  TEST_CASE("chunked bodies, pipelined requests and Expect: 100-continue") {
    with_server([](net::Address address) -> net::Task<void> {
      const auto answers = co_await raw(address,
                                        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
                                        "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      CHECK(answers.find("\r\n\r\nabcdefgHTTP/1.1 200") != std::string::npos);
      CHECK(answers.ends_with("hello world"));

      auto stream = co_await net::connect(address, kLong);
      (void)co_await stream->write(as_bytes("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: "
                                            "100-continue\r\nConnection: close\r\n\r\n"),
                                   kLong);
      net::LineReader reader(*stream);
      CHECK((co_await reader.line(kLong)).value() == "HTTP/1.1 100 Continue");
      (void)co_await reader.line(kLong);
      (void)co_await stream->write(as_bytes("ok"), kLong);
      CHECK((co_await reader.line(kLong)).value() == "HTTP/1.1 200 OK");
    });
  }

  TEST_CASE("a target with a host, as in requests to proxies") {
    with_server([](net::Address address) -> net::Task<void> {
      for (const std::string_view target : {"http://x/hello?who=you", "HTTPS://elsewhere:8000/hello?who=you"}) {
        CAPTURE(target);
        const auto answer =
            co_await raw(address, fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target));
        CHECK(answer.starts_with("HTTP/1.1 200"));
        CHECK(answer.ends_with("hello you"));
      }
      for (const std::string_view target : {"ftp://x/hello", "http:///hello", "hello", "x:80"}) {
        CAPTURE(target);
        const auto answer =
            co_await raw(address, fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target));
        CHECK(answer.starts_with("HTTP/1.1 400"));
      }
    });
  }

  TEST_CASE("a request has exactly one Host, except in HTTP/1.0") {
    with_server([](net::Address address) -> net::Task<void> {
      CHECK((co_await raw(address, "GET /hello HTTP/1.1\r\n\r\n")).starts_with("HTTP/1.1 400"));
      CHECK((co_await raw(address, "GET /hello HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n")).starts_with("HTTP/1.1 400"));
      CHECK((co_await raw(address, "GET /hello HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n")).starts_with("HTTP/1.1 400"));
      CHECK((co_await raw(address, "GET /hello HTTP/1.0\r\n\r\n")).starts_with("HTTP/1.1 200"));
    });
  }

  TEST_CASE("unknown expectations are ignored") {
    with_server([](net::Address address) -> net::Task<void> {
      const auto answer =
          co_await raw(address, "GET /hello HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n");
      CHECK(answer.starts_with("HTTP/1.1 200"));
    });
  }

  TEST_CASE("a body of unknown length ends with its connection") {
    with_server([](net::Address address) -> net::Task<void> {
      const auto all = co_await raw(address, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(all.find("Connection: close") != std::string::npos);
      CHECK(all.ends_with("data: 0\n\ndata: 1\n\ndata: 2\n\n"));
    });
  }

  TEST_CASE("HEAD gets the headers without a body") {
    with_server([](net::Address address) -> net::Task<void> {
      const auto all = co_await raw(address, "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      CHECK(all.find("Content-Length: 11") != std::string::npos);
      CHECK(all.ends_with("\r\n\r\n"));
    });
  }
}

TEST_SUITE("http server under attack") {
  TEST_CASE("garbage, an endless header and a slow one get a response and are closed") {
    ServerLimits limits;
    limits.header_timeout = 50ms;
    limits.max_header_bytes = 4096;
    with_server(
        [](net::Address address) -> net::Task<void> {
          CHECK((co_await raw(address, "\x16\x03\x01 not http\r\n\r\n")).starts_with("HTTP/1.1 400"));
          CHECK((co_await raw(address, "GET /hello HTTP/1.1\r\nX: " + std::string(8000, 'x')))
                    .starts_with("HTTP/1.1 431"));
          CHECK((co_await raw(address, "GET /hello HT")).starts_with("HTTP/1.1 408"));
          CHECK((co_await raw(address, "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .starts_with("HTTP/1.1 400"));
        },
        limits);
  }

  TEST_CASE("a body over the limit is refused: by its Content-Length before it is read, in chunks when it exceeds it") {
    ServerLimits limits;
    limits.max_body_bytes = 1000;
    with_server(
        [](net::Address address) -> net::Task<void> {
          const std::string announced = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n";
          CHECK((co_await raw(address, announced)).starts_with("HTTP/1.1 413"));
          const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
          const std::string chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk;
          CHECK((co_await raw(address, chunked)).starts_with("HTTP/1.1 413"));
        },
        limits);
  }

  TEST_CASE("two lengths, or a length and chunks, are refused against request smuggling") {
    with_server([](net::Address address) -> net::Task<void> {
      for (const std::string_view second : {"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"}) {
        const auto answer = co_await raw(
            address, fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n{}\r\nhello", second));
        CHECK(answer.starts_with("HTTP/1.1 400"));
      }
    });
  }

  TEST_CASE("an unknown transfer coding is refused, and what follows is not parsed as a request") {
    with_server([](net::Address address) -> net::Task<void> {
      for (const std::string_view coding : {"xchunked", "gzip, chunked", "chunked, identity", "identity"}) {
        CAPTURE(coding);
        const auto answer =
            co_await raw(address, fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {}\r\n\r\n"
                                              "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                                              coding));
        CHECK(answer.starts_with("HTTP/1.1 400"));
        CHECK(answer.find("hello world") == std::string::npos);
      }
      const auto old = co_await raw(address, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
      CHECK(old.starts_with("HTTP/1.1 400"));
      const auto upper = co_await raw(address,
                                      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n"
                                      "Connection: close\r\n\r\n0\r\n\r\n");
      CHECK(upper.starts_with("HTTP/1.1 200"));
    });
  }

  TEST_CASE("a request with a broken body has no effect, even if it needs no body") {
    ServerLimits limits;
    limits.max_drain_bytes = 1000;
    with_server(
        [](net::Address address) -> net::Task<void> {
          const std::string chunked = "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
          const auto broken = co_await raw(address, chunked + "3\r\nabc\r\nno chunk\r\n");
          CHECK(broken.starts_with("HTTP/1.1 400"));
          CHECK(broken.find("Connection: close") != std::string::npos);
          CHECK((co_await raw(address, chunked + "400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n"))
                    .starts_with("HTTP/1.1 413"));
          CHECK((co_await raw(address, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"))
                    .starts_with("HTTP/1.1 413"));
          // A client that asks before it sends the body does not have to send it.
          const auto asked = co_await raw(address,
                                          "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                                          "Expect: 100-continue\r\n\r\n");
          CHECK(asked.starts_with("HTTP/1.1 200"));
          CHECK(asked.ends_with("1"));
          const auto whole = co_await raw(address, chunked +
                                                       "3\r\nabc\r\n0\r\n\r\n"
                                                       "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
          CHECK(whole.find("\r\n\r\n2HTTP/1.1 200") != std::string::npos);
          CHECK(whole.ends_with("hello world"));
        },
        limits);
  }

  TEST_CASE("a client that disconnects in the middle of a body affects only its connection") {
    with_server([](net::Address address) -> net::Task<void> {
      auto stream = co_await net::connect(address, kLong);
      (void)co_await stream->write(as_bytes("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"),
                                   kLong);
      stream->close();
      Client client = client_of(address);
      CHECK((co_await client.request("GET", "/hello"))->status == 200);
    });
  }
}
