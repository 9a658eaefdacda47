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

/// A server on a thread of its own, for as long as this lives.
class Running {
 public:
  explicit Running(Protocol protocol, ServeLimits limits = {}, int seats = 5) {
    ServeOptions options;
    options.protocol = protocol;
    options.address = net::Address("127.0.0.1", 0);
    options.limits = limits;
    options.seats = seats;
    hooks_.say = [this](std::string_view line) {
      const std::scoped_lock lock(mutex_);
      lines_.emplace_back(line);
    };
    auto server = Server::open(options, hooks_);
    REQUIRE(server.has_value());
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~Running() { (void)stop(); }
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

/// A peer that sends and reads what the test says, byte by byte.
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
  /// Reads until `text` is all there, or the end.
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
  /// True when the server ended the connection.
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
  TEST_CASE("cut anywhere, a stream is the same lines") {
    const std::string text = "one\ntwo\r\n\nthree";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      MessageBuffer buffer(64);
      std::vector<std::string> lines;
      for (const std::string& piece : {text.substr(0, cut), text.substr(cut)}) {
        const auto room = buffer.room();
        REQUIRE(room.size() >= piece.size());
        std::ranges::copy(as_bytes(piece), room.begin());
        buffer.filled(piece.size());
        while (const auto line = buffer.line()) lines.emplace_back(*line);
      }
      CHECK(lines == std::vector<std::string>{"one", "two", ""});
      CHECK(buffer.rest() == "three");
      CHECK_FALSE(buffer.partial());
      CHECK_FALSE(buffer.rest());
    }
  }

  TEST_CASE("it grows as far as it may") {
    MessageBuffer buffer(5000);
    std::size_t held = 0;
    for (auto room = buffer.room(); !room.empty(); room = buffer.room()) {
      std::ranges::fill(room, std::byte{'x'});
      buffer.filled(room.size());
      held += room.size();
      CHECK_FALSE(buffer.line());
    }
    CHECK(held == 5000);
  }

  TEST_CASE("blanks at both ends do not count") {
    CHECK(stripped(" \t a b\r\n") == "a b");
    CHECK(stripped("\n \n").empty());
    CHECK(stripped("").empty());
  }
}

TEST_SUITE("labs: serve") {
  TEST_CASE("ack: a message is a line, several lines, or what is there when the sender pauses or ends") {
    ServeLimits limits;
    limits.pause = 5ms;
    Running server(Protocol::ack, limits);
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

  TEST_CASE("echo: lines only, and exit ends it") {
    ServeLimits limits;
    limits.pause = 1ms;
    Running server(Protocol::echo, limits);
    Peer peer(server.address());
    peer.send("  he");
    peer.send("llo\nexit\nmore\n");
    check_answer(peer, "Server received:   hello\nServer received: exit\n");
    CHECK(peer.ended());
    CHECK(server.stop().messages == 2);
    CHECK(server.lines() == std::vector<std::string>{"Client connected: /127.0.0.1", "Received from client:   hello",
                                                     "Received from client: exit", "Client disconnected: /127.0.0.1"});
  }

  TEST_CASE("a message without end, and a peer that says nothing, are let go, and others notice nothing") {
    ServeLimits limits;
    limits.max_message_bytes = 2000;
    limits.idle = 200ms;
    Running server(Protocol::ack, limits);
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

  TEST_CASE("a stop does not wait for peers that say nothing") {
    Running server(Protocol::ack);
    Peer silent(server.address());
    silent.send("x\n");
    check_answer(silent, "Acknowledged x\n");
    CHECK(server.stop().connections == 1);
    CHECK(silent.ended());
  }

  TEST_CASE("a port in use is told with its address") {
    Running server(Protocol::ack);
    ServeOptions options;
    options.address = server.address();
    const auto second = serve(options, {}, {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::unavailable);
    CHECK(second.error().text().find(options.address.to_string()) != std::string::npos);
  }

  TEST_CASE("table: seats, forks, and what becomes of them when a philosopher goes") {
    Running server(Protocol::table, {}, 2);
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
    late.send("{\"action\":\"RETURN\",\"pid\":0}\n");  // what he does not have
    CHECK(late.ended());
    two.send("nonsense\n");
    CHECK(two.ended());
    CHECK(server.stop().breach.empty());
  }

  TEST_CASE("table: who eats for too long loses the forks") {
    ServeLimits limits;
    limits.meal = 50ms;
    Running server(Protocol::table, limits, 2);
    Peer greedy(server.address()), hungry(server.address());
    greedy.send("{\"action\":\"SIT\"}\n{\"action\":\"REQUEST\"}\n");
    check_answer(greedy, "{\"action\":\"SEATED\",\"pid\":0,\"seats\":2}\n{\"action\":\"APPROVED\",\"pid\":0}\n");
    hungry.send("{\"action\":\"SIT\"}\n");
    check_answer(hungry, "{\"action\":\"SEATED\",\"pid\":1,\"seats\":2}\n");
    hungry.send("{\"action\":\"REQUEST\"}\n");
    check_answer(hungry, "{\"action\":\"APPROVED\",\"pid\":1}\n");
    CHECK(greedy.ended());
  }
}

TEST_SUITE("labs: client") {
  TEST_CASE("a load is answered and measured") {
    Running server(Protocol::ack);
    LoadOptions options;
    options.server = server.address();
    options.connections = 20;
    options.requests = 10;
    const auto report = load(options, {});
    REQUIRE(report.has_value());
    CHECK(report->answered == 200);
    CHECK(report->failed == 0);
    CHECK(report->least <= report->median);
    CHECK(report->p99 <= report->most);
    CHECK(server.stop().messages == 200);
  }

  TEST_CASE("a load on nobody fails") {
    LoadOptions options;
    options.server = net::Address("127.0.0.1", 1);
    const auto report = load(options, {});
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().code == Errc::unavailable);
  }

  TEST_CASE("a conversation, to its end") {
    Running server(Protocol::echo);
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

  TEST_CASE("the notes' philosopher says what he does, and finds a coordinator that comes back") {
    auto server = std::make_unique<Running>(Protocol::ack);
    PhilosopherOptions options;
    options.server = server->address();
    options.id = 123;
    options.think = {0ns, 0ns};
    options.requests = 2;
    options.retry_min = 1ms;
    options.retry_max = 10ms;
    std::vector<std::string> lines;
    ServeHooks hooks;
    hooks.say = [&](std::string_view line) { lines.emplace_back(line); };
    const auto answers = run_philosopher(options, hooks, {});
    REQUIRE(answers.has_value());
    CHECK(*answers == 2);
    CHECK(lines == std::vector<std::string>{"[Client 123] Thinking...",
                                            "[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!",
                                            "[Client 123] Thinking...",
                                            "[Coordinator] replied: Acknowledged Philosopher 123 requesting to eat!"});

    // Gone, and back on the same port only after the philosopher has noticed.
    const net::Address address = server->address();
    server.reset();
    std::unique_ptr<Server> again;
    std::thread thread;
    ServeOptions serve_options;
    serve_options.address = address;
    hooks.note = [&](std::string_view) {
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
