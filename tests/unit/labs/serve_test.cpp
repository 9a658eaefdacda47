#include "ece465/labs/serve.hpp"

#include <doctest/doctest.h>

#include <array>
#include <mutex>
#include <thread>

#include "ece465/net/stream.hpp"
#include "serve/message_buffer.hpp"
#include "serve/server.hpp"

using namespace ece465;
using namespace ece465::labs;
using namespace std::chrono_literals;

namespace {

/// A server on its own thread, for this object's lifetime.
class RunningServer {
 public:
  explicit RunningServer(Protocol protocol, ServeLimits limits = {}, int seats = 5) {
    ServeOptions options;
    options.protocol = protocol;
    options.address = net::Address("127.0.0.1", 0);
    options.limits = limits;
    options.seats = seats;
    hooks_.on_line = [this](std::string_view line) {
      const std::scoped_lock lock(mutex_);
      lines_.emplace_back(line);
    };
    auto server = Server::open(options, hooks_);
    REQUIRE(server.has_value());
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~RunningServer() { (void)stop(); }
  ServeReport stop() {
    if (thread_.joinable()) {
      server_->stop();
      thread_.join();
    }
    return server_->report();
  }
  [[nodiscard]] net::Address address() const { return server_->address(); }
  std::vector<std::string> lines() {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  ServeHooks hooks_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

/// A client that the test controls byte by byte.
class Peer {
 public:
  explicit Peer(const net::Address& to) {
    run([&]() -> net::Task<void> {
      auto connected = co_await net::connect(to, 10s);
      REQUIRE(connected.has_value());
      stream_.emplace(*std::move(connected));
    });
  }
  void send(std::string_view text) {
    run([&]() -> net::Task<void> {
      const auto written = co_await stream_->write(as_bytes(text), 10s);
      CHECK(written.has_value());
    });
  }
  /// Reads `count` bytes, or to the end.
  std::string read(std::size_t count) {
    std::string got;
    run([&]() -> net::Task<void> {
      std::array<std::byte, 4096> buffer{};
      while (got.size() < count) {
        const auto n = co_await stream_->read_some(buffer, 10s);
        if (!n || *n == 0) break;
        got += as_text(std::span(buffer).first(*n));
      }
    });
    return got;
  }
  std::string expect(std::string_view text) { return read(text.size()); }
  /// The server closed the connection.
  bool ended() { return read(1).empty(); }
  void end_writing() { stream_->end_writing(); }
  void close() { stream_->close(); }

 private:
  template <class Body>
  void run(const Body& body) {
    asio::co_spawn(context_, body, asio::detached);
    context_.restart();
    context_.run();
  }
  asio::io_context context_{1};
  std::optional<net::Stream> stream_;
};

void check_answer(Peer& peer, std::string_view answer) { CHECK(peer.expect(answer) == answer); }

}  // namespace

TEST_SUITE("labs: message buffer") {
  TEST_CASE("lines do not depend on where the stream is cut") {
    const std::string text = "one\ntwo\r\n\nthree";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      MessageBuffer buffer(64);
      std::vector<std::string> lines;
      for (const std::string& piece : {text.substr(0, cut), text.substr(cut)}) {
        const auto free_space = buffer.free_space();
        REQUIRE(free_space.size() >= piece.size());
        std::ranges::copy(as_bytes(piece), free_space.begin());
        buffer.filled(piece.size());
        while (const auto line = buffer.line()) lines.emplace_back(*line);
      }
      CHECK(lines == std::vector<std::string>{"one", "two", ""});
      CHECK(buffer.rest() == "three");
      CHECK_FALSE(buffer.partial());
      CHECK_FALSE(buffer.rest());
    }
  }

  TEST_CASE("grows up to its limit") {
    MessageBuffer buffer(5000);
    std::size_t held = 0;
    for (auto free_space = buffer.free_space(); !free_space.empty(); free_space = buffer.free_space()) {
      std::ranges::fill(free_space, std::byte{'x'});
      buffer.filled(free_space.size());
      held += free_space.size();
      CHECK_FALSE(buffer.line());
    }
    CHECK(held == 5000);
  }

  TEST_CASE("strips white space at both ends") {
    CHECK(stripped(" \t a b\r\n") == "a b");
    CHECK(stripped("\n \n").empty());
    CHECK(stripped("").empty());
  }
}

TEST_SUITE("labs: serve") {
  TEST_CASE("ack: a message is a line, or what has arrived when the sender pauses or closes") {
    ServeLimits limits;
    limits.pause = 5ms;
    RunningServer server(Protocol::ack, limits);
    Peer peer(server.address());
    peer.send("hello\n");
    check_answer(peer, "Acknowledged hello\n");
    peer.send("Philosopher 123 requesting to eat!");
    check_answer(peer, "Acknowledged Philosopher 123 requesting to eat!\n");
    peer.send("a\r\nb\nc");
    check_answer(peer, "Acknowledged a\nAcknowledged b\nAcknowledged c\n");
    peer.send("end");
    peer.end_writing();
    check_answer(peer, "Acknowledged end\n");
    CHECK(peer.ended());
    CHECK(server.stop().messages == 6);
    const auto lines = server.lines();
    REQUIRE(lines.size() == 7);
    CHECK(lines[0].starts_with("[Server] Connected to ('127.0.0.1', "));
    CHECK(lines[2].starts_with("[('127.0.0.1', "));
    CHECK(lines[2].ends_with(")] says: Philosopher 123 requesting to eat!"));
  }

  TEST_CASE("echo: answers lines only, and exit closes the connection") {
    ServeLimits limits;
    limits.pause = 1ms;
    RunningServer server(Protocol::echo, limits);
    Peer peer(server.address());
    peer.send("  he");
    peer.send("llo\nexit\nmore\n");
    check_answer(peer, "Server received:   hello\nServer received: exit\n");
    CHECK(peer.ended());
    CHECK(server.stop().messages == 2);
    CHECK(server.lines() == std::vector<std::string>{"Client connected: /127.0.0.1", "Received from client:   hello",
                                                     "Received from client: exit", "Client disconnected: /127.0.0.1"});
  }

  TEST_CASE("endless messages and silent peers are disconnected, and other peers are not affected") {
    ServeLimits limits;
    limits.max_message_bytes = 2000;
    limits.idle = 200ms;
    RunningServer server(Protocol::ack, limits);
    Peer flooding(server.address()), silent(server.address()), honest(server.address());
    honest.send("before\n");
    check_answer(honest, "Acknowledged before\n");
    flooding.send(std::string(2000, 'x'));
    CHECK(flooding.read(5000).size() < 5000);
    CHECK(silent.ended());
    Peer other(server.address());
    other.send("after\n");
    check_answer(other, "Acknowledged after\n");
  }

  TEST_CASE("a stop does not wait for silent peers") {
    RunningServer server(Protocol::ack);
    Peer silent(server.address());
    silent.send("x\n");
    check_answer(silent, "Acknowledged x\n");
    CHECK(server.stop().connections == 1);
    CHECK(silent.ended());
  }

  TEST_CASE("the error for a port in use names its address") {
    RunningServer server(Protocol::ack);
    ServeOptions options;
    options.address = server.address();
    const auto second = serve(options, {}, {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::unavailable);
    CHECK(second.error().text().find(options.address.to_string()) != std::string::npos);
  }

  TEST_CASE("table: a seat and its forks are free again when the philosopher disconnects") {
    RunningServer server(Protocol::table, {}, 2);
    Peer one(server.address()), two(server.address());
    one.send("{\"action\":\"SIT\"}\n");
    check_answer(one, "{\"action\":\"SEATED\",\"pid\":0,\"seats\":2}\n");
    two.send("{\"action\":\"SIT\",\"pid\":1}\n");
    check_answer(two, "{\"action\":\"SEATED\",\"pid\":1,\"seats\":2}\n");
    Peer late(server.address());
    late.send("{\"action\":\"SIT\"}\n");
    check_answer(late, "{\"action\":\"FULL\"}\n");

    one.send("{\"action\":\"REQUEST\",\"pid\":0}\n");
    check_answer(one, "{\"action\":\"APPROVED\",\"pid\":0}\n");
    two.send("{\"action\":\"REQUEST\",\"pid\":1}\n");
    one.close();  // in the middle of a meal
    check_answer(two, "{\"action\":\"APPROVED\",\"pid\":1}\n");
    two.send("{\"action\":\"RETURN\",\"pid\":1}\n");
    late.send("{\"action\":\"SIT\"}\n");
    check_answer(late, "{\"action\":\"SEATED\",\"pid\":0,\"seats\":2}\n");
    late.send("{\"action\":\"RETURN\",\"pid\":0}\n");  // it holds no forks
    CHECK(late.ended());
    two.send("nonsense\n");
    CHECK(two.ended());
    CHECK(server.stop().violation.empty());
  }

  TEST_CASE("table: a philosopher that eats for too long loses its forks") {
    ServeLimits limits;
    limits.meal = 50ms;
    RunningServer server(Protocol::table, limits, 2);
    Peer greedy(server.address()), waiting(server.address());
    greedy.send("{\"action\":\"SIT\"}\n{\"action\":\"REQUEST\"}\n");
    check_answer(greedy, "{\"action\":\"SEATED\",\"pid\":0,\"seats\":2}\n{\"action\":\"APPROVED\",\"pid\":0}\n");
    waiting.send("{\"action\":\"SIT\"}\n");
    check_answer(waiting, "{\"action\":\"SEATED\",\"pid\":1,\"seats\":2}\n");
    waiting.send("{\"action\":\"REQUEST\"}\n");
    check_answer(waiting, "{\"action\":\"APPROVED\",\"pid\":1}\n");
    CHECK(greedy.ended());
  }
}

TEST_SUITE("labs: client") {
  TEST_CASE("all requests of a load test are answered and measured") {
    RunningServer server(Protocol::ack);
    LoadOptions options;
    options.server = server.address();
    options.connections = 20;
    options.requests = 10;
    const auto report = load(options, {});
    REQUIRE(report.has_value());
    CHECK(report->answered == 200);
    CHECK(report->failed == 0);
    CHECK(report->min <= report->median);
    CHECK(report->p99 <= report->max);
    CHECK(server.stop().messages == 200);
  }

  TEST_CASE("a load test without a server fails") {
    LoadOptions options;
    options.server = net::Address("127.0.0.1", 1);
    const auto report = load(options, {});
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Errc::unavailable);
  }

  TEST_CASE("a conversation until the server closes it") {
    RunningServer server(Protocol::echo);
    const auto conversation = Conversation::open(server.address(), 10s, {});
    REQUIRE(conversation.has_value());
    const auto first = (*conversation)->ask("hello", {});
    REQUIRE(first.has_value());
    CHECK(first->value() == "Server received: hello");
    const auto last = (*conversation)->ask("exit", {});
    REQUIRE(last.has_value());
    CHECK(last->value() == "Server received: exit");
    const auto none = (*conversation)->ask("anybody?", {});
    CHECK((!none.has_value() || !none->has_value()));
  }

  TEST_CASE("the course's philosopher prints its lines, and reconnects to a restarted coordinator") {
    auto server = std::make_unique<RunningServer>(Protocol::ack);
    PhilosopherOptions options;
    options.server = server->address();
    options.id = 123;
    options.think = {0ns, 0ns};
    options.requests = 2;
    options.retry_min = 1ms;
    options.retry_max = 10ms;
    std::vector<std::string> lines;
    ServeHooks hooks;
    hooks.on_line = [&](std::string_view line) { lines.emplace_back(line); };
    const auto answers = run_philosopher(options, hooks, {});
    REQUIRE(answers.has_value());
    CHECK(*answers == 2);
    CHECK(lines == std::vector<std::string>{"[Client 123] Thinking...",
                                            "[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!",
                                            "[Client 123] Thinking...",
                                            "[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!"});

    // Restarted on the same port only after the philosopher has noticed the loss.
    const net::Address address = server->address();
    server.reset();
    std::unique_ptr<Server> again;
    std::thread thread;
    ServeOptions serve_options;
    serve_options.address = address;
    hooks.on_warning = [&](std::string_view) {
      auto opened = Server::open(serve_options, {});
      REQUIRE(opened.has_value());
      again = std::move(*opened);
      thread = std::thread([&] { again->run(); });
    };
    CHECK(run_philosopher(options, hooks, {}).value_or(0) == 2);
    REQUIRE(again);
    again->stop();
    thread.join();
  }
}
