#include "ece465/net/stream.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "ece465/net/gate.hpp"
#include "ece465/net/listener.hpp"
#include "ece465/net/offload.hpp"

using namespace ece465;
using namespace ece465::net;
using namespace std::chrono_literals;

namespace {

constexpr Duration kSoon = 20ms;  // for waits that must time out
constexpr Duration kLong = 20s;   // for waits that must not

/// A server on a free port whose sessions run `serve`, and a client that runs `use` on a connection to it.
template <class Serve, class Use>
void talk(Serve serve, Use use) {
  asio::io_context context(1);
  auto listener = Listener::open(context, {"127.0.0.1", 0});
  REQUIRE(listener);
  Gate gate(context.get_executor());
  const std::function<Task<void>(Stream)> session = serve;
  asio::co_spawn(context, listener->accept(session, gate, 100, [](const Error&) {}), asio::detached);
  bool finished = false;
  const auto client = [&]() -> Task<void> {
    auto stream = co_await connect(listener->address(), kLong);
    REQUIRE(stream);
    co_await use(*stream);
    stream->close();
    listener->stop();
    gate.close();
    CHECK(co_await gate.drained(kLong));
    finished = true;
  };
  asio::co_spawn(context, client, asio::detached);
  context.run();
  CHECK(finished);
}

Task<void> echo(Stream stream) {
  Buffer buffer(1024);
  for (;;) {
    const auto n = co_await stream.read_some(buffer.span(), kLong);
    if (!n || *n == 0) co_return;
    if (!co_await stream.write(buffer.span().first(*n), kLong)) co_return;
  }
}

Task<void> say_nothing(Stream stream) {
  Buffer buffer(1);
  (void)co_await stream.read_some(buffer.span(), kLong);  // until the peer goes
}

Task<void> hang_up(Stream) { co_return; }

Task<void> send_in_pieces(Stream stream) {
  for (const std::string_view piece : {"first\nsec", "ond\r", "\n\nthe ", "rest", "PAYLOAD"}) {
    (void)co_await stream.write(as_bytes(piece), kLong);
  }
}

}  // namespace

TEST_SUITE("stream") {
  TEST_CASE("an echo returns the bytes, of any size and in any number of buffers") {
    talk(echo, [](Stream& stream) -> Task<void> {
      const std::string text(100'000, 'x');
      const std::array<Bytes, 3> parts{as_bytes("head"), as_bytes(text), as_bytes("tail")};
      CHECK(co_await stream.write(parts, kLong));
      std::string back(text.size() + 8, '\0');
      CHECK(co_await stream.read_exactly(std::as_writable_bytes(std::span(back)), kLong));
      CHECK(back == "head" + text + "tail");
      CHECK(stream.bytes_written() == back.size());
      CHECK(stream.bytes_read() == back.size());
    });
  }

  TEST_CASE("a silent peer is a timeout that names it, and the connection stays usable") {
    talk(echo, [](Stream& stream) -> Task<void> {
      Buffer buffer(8);
      const auto result = co_await stream.read_some(buffer.span(), kSoon);
      REQUIRE(!result);
      CHECK(result.error().code == Errc::timeout);
      CHECK(result.error().text().find("127.0.0.1") != std::string::npos);
      CHECK(co_await stream.write(as_bytes("x"), kLong));
      CHECK((co_await stream.read_some(buffer.span(), kLong)).value() == 1);
    });
  }

  TEST_CASE("the end of the stream is reported at once, not after the limit") {
    talk(hang_up, [](Stream& stream) -> Task<void> {
      Buffer buffer(8);
      const auto result = co_await stream.read_some(buffer.span(), kLong);
      CHECK(result.value() == 0);
      const auto whole = co_await stream.read_exactly(buffer.span(), kLong);
      REQUIRE(!whole);
      CHECK(whole.error().code == Errc::corrupt);
    });
  }

  TEST_CASE("a broken connection is reported at once, by every read") {
    talk(
        [](Stream stream) -> Task<void> {
          Buffer buffer(1);
          (void)co_await stream.read_exactly(buffer.span(), kLong);
          // Closing with unread data resets the connection.
        },
        [](Stream& stream) -> Task<void> {
          CHECK(co_await stream.write(as_bytes("xy"), kLong));
          Buffer buffer(8);
          for (int i = 0; i < 2; ++i) {
            const auto result = co_await stream.read_some(buffer.span(), kLong);
            REQUIRE(!result);
            CHECK(result.error().code == Errc::unavailable);
          }
        });
  }

  TEST_CASE("a peer that accepts nothing is a timeout") {
    talk(
        [](Stream stream) -> Task<void> {
          Buffer buffer(1);
          (void)co_await stream.read_some(buffer.span(), kLong);
          co_await sleep_for(200ms);
        },
        [](Stream& stream) -> Task<void> {
          const Buffer megabytes(std::size_t{64} << 20);
          const auto result = co_await stream.write(megabytes.span(), kSoon);
          REQUIRE(!result);
          CHECK(result.error().code == Errc::timeout);
        });
  }

  TEST_CASE("a port without a listener is unavailable and named") {
    asio::io_context context(1);
    std::uint16_t port = 0;
    {
      auto listener = Listener::open(context, {"127.0.0.1", 0});
      port = listener->address().port;
    }
    const auto attempt = [&]() -> Task<void> {
      const auto stream = co_await connect({"127.0.0.1", port}, kLong);
      REQUIRE(!stream);
      CHECK(stream.error().code == Errc::unavailable);
      CHECK(stream.error().text().find(std::to_string(port)) != std::string::npos);
    };
    asio::co_spawn(context, attempt, asio::detached);
    context.run();
  }

  TEST_CASE("a stop ends an attempt to connect, also before it starts and from another thread") {
    // A port whose queue is full: a further connection waits until another one is closed.
    asio::io_context context(1);
    asio::ip::tcp::acceptor full(context, {asio::ip::address_v4::loopback(), 0}, false);
    full.listen(0);
    std::vector<asio::ip::tcp::socket> waiting;
    for (int i = 0; i < 8; ++i) {
      waiting.emplace_back(context).async_connect(full.local_endpoint(), [](const asio::error_code&) {});
    }
    context.run_for(50ms);
    const Address address("127.0.0.1", full.local_endpoint().port());

    std::stop_source stop;
    std::jthread other;
    const auto attempt = [&]() -> Task<void> {
      other = std::jthread([&stop] { stop.request_stop(); });
      const auto interrupted = co_await connect(address, kLong, stop.get_token());
      REQUIRE(!interrupted);
      CHECK(interrupted.error().code == Errc::cancelled);
      const auto late = co_await connect(address, kLong, stop.get_token());
      REQUIRE(!late);
      CHECK(late.error().code == Errc::cancelled);
      for (auto& socket : waiting) socket.close();
    };
    asio::co_spawn(context, attempt, asio::detached);
    context.restart();
    context.run();
  }

  TEST_CASE("a port in use is refused with its address") {
    asio::io_context context(1);
    const auto first = Listener::open(context, {"127.0.0.1", 0});
    const auto second = Listener::open(context, first->address());
    REQUIRE(!second);
    CHECK(second.error().text().find(first->address().to_string()) != std::string::npos);
  }
}

TEST_SUITE("line reader") {
  TEST_CASE("lines and counted bytes, wherever the stream is split") {
    talk(send_in_pieces, [](Stream& stream) -> Task<void> {
      LineReader reader(stream, 16);
      CHECK((co_await reader.line(kLong)).value() == "first");
      CHECK((co_await reader.line(kLong)).value() == "second");
      CHECK((co_await reader.line(kLong)).value() == "");
      std::string bytes(8 + 7, '\0');
      CHECK(co_await reader.read_exactly(std::as_writable_bytes(std::span(bytes)), kLong));
      CHECK(bytes == "the restPAYLOAD");
      const auto end = co_await reader.line(kLong);
      REQUIRE(!end);
      CHECK(end.error().code == Errc::unavailable);
    });
  }

  TEST_CASE("it waits for the start of a line, and reads no more than its read size") {
    talk(
        [](Stream stream) -> Task<void> {
          stream.keep_alive(1s);  // has no visible effect
          (void)co_await stream.write(as_bytes("first\nPAYLOAD"), kLong);
          Buffer buffer(1);
          (void)co_await stream.read_exactly(buffer.span(), kLong);
        },
        [](Stream& stream) -> Task<void> {
          LineReader reader(stream, 64, 4);
          CHECK(co_await reader.wait(kLong));
          CHECK(reader.buffered());
          CHECK(stream.bytes_read() == 4);
          CHECK(co_await reader.wait(kLong));
          CHECK((co_await reader.line(kLong)).value() == "first");
          CHECK(stream.bytes_read() == 8);
          std::string payload(7, '\0');
          CHECK(co_await reader.read_exactly(std::as_writable_bytes(std::span(payload)), kLong));
          CHECK(payload == "PAYLOAD");
          const auto silence = co_await reader.wait(kSoon);
          REQUIRE(!silence);
          CHECK(silence.error().code == Errc::timeout);
          CHECK(co_await stream.write(as_bytes("x"), kLong));
          const auto end = co_await reader.wait(kLong);
          REQUIRE(!end);
          CHECK(end.error().code == Errc::unavailable);
        });
  }

  TEST_CASE("a line longer than the buffer is refused when the buffer is full") {
    talk(
        [](Stream stream) -> Task<void> {
          const std::string endless(1'000'000, 'x');
          (void)co_await stream.write(as_bytes(endless), kLong);
        },
        [](Stream& stream) -> Task<void> {
          LineReader reader(stream, 4096);
          const auto line = co_await reader.line(kLong);
          REQUIRE(!line);
          CHECK(line.error().code == Errc::too_large);
        });
  }

  TEST_CASE("a line that never ends is a timeout") {
    talk(say_nothing, [](Stream& stream) -> Task<void> {
      LineReader reader(stream);
      const auto line = co_await reader.line(kSoon);
      REQUIRE(!line);
      CHECK(line.error().code == Errc::timeout);
    });
  }
}

TEST_SUITE("offload") {
  TEST_CASE("work runs on the pool, the coroutine resumes on its own thread, errors are returned") {
    asio::io_context context(1);
    asio::thread_pool pool(2);
    const auto here = std::this_thread::get_id();
    const auto run = [&]() -> Task<void> {
      const auto there = co_await offload(pool, []() -> Result<std::thread::id> { return std::this_thread::get_id(); });
      CHECK(there.value() != here);
      CHECK(std::this_thread::get_id() == here);
      const auto failed = co_await offload(pool, []() -> Result<int> { throw std::bad_alloc(); });
      CHECK(failed.error().code == Errc::too_large);
    };
    asio::co_spawn(context, run, asio::detached);
    context.run();
  }
}
