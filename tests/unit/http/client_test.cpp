#include "ece465/http/client.hpp"

#include <doctest/doctest.h>

#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include "ece465/net/listener.hpp"

using namespace ece465;
using namespace ece465::http;
using namespace std::chrono_literals;

namespace {

using asio::ip::tcp;

Client client_of(const tcp::endpoint& endpoint) {
  Url url;
  url.address = net::Address(endpoint.address().to_string(), endpoint.port());
  return Client(std::move(url));
}

tcp::acceptor listener(asio::io_context& context) {
  return tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
}

/// Reads the next request's head, and answers with `text`.
net::Task<void> answer(tcp::socket& socket, std::string& input, std::string_view text) {
  const auto [code, n] =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(input), "\r\n\r\n", net::kNoThrow);
  CHECK(!code);
  input.erase(0, n);
  co_await asio::async_write(socket, asio::buffer(text), net::kNoThrow);
}

constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Answers the first request of the next connection.
net::Task<void> one_answer(tcp::acceptor& acceptor) {
  auto [code, socket] = co_await acceptor.async_accept(net::kNoThrow);
  std::string input;
  if (!code) co_await answer(socket, input, kHello);
}

/// Answers two requests of one connection, but resets it in the middle of the second response, as soon as the client
/// has `seen` the first half. Then answers a request of another connection normally.
net::Task<void> breaking_server(tcp::acceptor& acceptor, net::Condition& seen) {
  {
    auto [code, socket] = co_await acceptor.async_accept(net::kNoThrow);
    if (code) co_return;
    std::string input;
    co_await answer(socket, input, kHello);
    co_await answer(socket, input, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
    co_await seen.wait(20s);
    socket.set_option(asio::socket_base::linger(true, 0));
  }
  co_await one_answer(acceptor);
}

}  // namespace

TEST_SUITE("http client") {
  TEST_CASE("a download that fails on a reused connection is not retried: its sink already has a part") {
    asio::io_context context(1);
    auto acceptor = listener(context);
    net::Condition seen(context.get_executor());
    asio::co_spawn(context, breaking_server(acceptor, seen), asio::detached);
    std::string got;
    const auto use = [&]() -> net::Task<void> {
      Client client = client_of(acceptor.local_endpoint());
      CHECK((co_await client.request("GET", "/hello"))->body == "hello");
      const auto broken = co_await client.download("/file", [&](Bytes bytes) -> Result<void> {
        got += as_text(bytes);
        seen.notify();
        return {};
      });
      CHECK(!broken);
      CHECK((co_await client.request("GET", "/hello"))->body == "hello");
    };
    asio::co_spawn(context, use, asio::detached);
    context.run();
    CHECK(got == "half");
  }

  TEST_CASE("closing a client cancels its request, and it can be used again") {
    asio::io_context context(1);
    auto acceptor = listener(context);  // the connection is not accepted at first: the request waits
    bool finished = false;
    const auto use = [&]() -> net::Task<void> {
      Client client = client_of(acceptor.local_endpoint());
      asio::steady_timer soon(context, 20ms);
      soon.async_wait([&](const asio::error_code&) { client.close(); });
      const auto ended = co_await client.request("GET", "/hello");
      REQUIRE(!ended);
      CHECK(ended.error().code == Errc::cancelled);
      co_await acceptor.async_accept(net::kNoThrow);  // the connection that was closed
      asio::co_spawn(context, one_answer(acceptor), asio::detached);
      CHECK((co_await client.request("GET", "/hello"))->body == "hello");
      finished = true;
    };
    asio::co_spawn(context, use, asio::detached);
    context.run();
    CHECK(finished);
  }
}
