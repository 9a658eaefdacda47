#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dispatch/coordinator.hpp"
#include "dispatch/worker_session.hpp"
#include "ece465/image/samples.hpp"
#include "ece465/net/listener.hpp"
#include "ece465/wire/checksum.hpp"
#include "ece465/wire/histogram_codec.hpp"

/// A WorkerSession and its worker, scripted by the test, over a real socket.

namespace ece465::cluster {

using namespace std::chrono_literals;

inline constexpr net::Duration kPatience = 20s;  // never expires in a successful test

/// A page of 8-bit strips in memory. The master's own attempts are never answered, so requests depend on the worker
/// alone.
class ScriptedPage final : public JobHandler, public std::enable_shared_from_this<ScriptedPage> {
 public:
  ScriptedPage(asio::io_context& context, std::size_t strips, std::size_t bytes) : changed(context.get_executor()) {
    for (std::size_t i = 0; i < strips; ++i) {
      samples.emplace_back();
      for (std::size_t at = 0; at < bytes; ++at) samples.back().push_back(static_cast<std::byte>(i + at));
    }
    for (unsigned level = 0; level < 256; ++level) table_.push_back(static_cast<std::byte>(255 - level));
  }

  void run_locally(mapreduce::AttemptId, std::uint32_t, mapreduce::Phase) override { ++left_to_master; }
  void accept(std::uint32_t strip, mapreduce::Phase, mapreduce::WorkerId, Answer answer) override {
    accepted.emplace_back(strip, std::move(answer));
    changed.notify();
  }
  void phase_done(mapreduce::Phase) override { changed.notify(); }
  void done(mapreduce::JobOutcome how, const mapreduce::JobReport& what) override {
    outcome = how;
    report = what;
    changed.notify();
  }
  unsigned bits() const override { return 8; }
  std::uint64_t strip_bytes(std::uint32_t strip) const override { return samples[strip].size(); }
  net::Task<Result<Payload>> payload(std::uint32_t strip, mapreduce::Phase) override {
    Payload payload;
    payload.bytes = samples[strip];
    co_return payload;
  }
  Bytes table(std::uint32_t) const override { return table_; }
  wire::TableId table_id(std::uint32_t) const override { return wire::TableId{77}; }
  net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts, Check how) override {
    check = how;
    if (!wire::sums_to(counts, samples[strip].size())) co_return fail(Errc::corrupt, "the counts do not add up");
    co_return Result<void>{};
  }
  net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped, Check how) override {
    check = how;
    const bool fine = std::to_integer<int>(mapped[0]) == 255 - std::to_integer<int>(samples[strip][0]);
    if (!fine) co_return fail(Errc::corrupt, "wrong samples");
    co_return std::shared_ptr<const void>();
  }
  void on_transfer(mapreduce::Phase, std::uint64_t out, std::uint64_t in) override {
    sent += out;
    received += in;
  }

  std::vector<std::vector<std::byte>> samples;
  std::vector<std::pair<std::uint32_t, Answer>> accepted;
  std::optional<mapreduce::JobOutcome> outcome;
  mapreduce::JobReport report;
  std::size_t left_to_master = 0;
  std::optional<Check> check;  // of the last answer
  std::uint64_t sent = 0, received = 0;
  net::Condition changed;

 private:
  std::vector<std::byte> table_;
};

/// Runs one worker against one session. `script` is the worker.
class SessionFixture final : public SessionHost {
 public:
  /// The worker's end of the connection.
  class Worker {
   public:
    explicit Worker(net::Stream stream) : stream_(std::move(stream)), reader_(stream_) {}

    net::Task<void> send(std::string text) {
      const auto sent = co_await stream_.write(as_bytes(text), kPatience);
      CHECK(sent.has_value());
    }
    /// The next line; "" if the master has disconnected.
    net::Task<std::string> receive() {
      const auto line = co_await reader_.line(kPatience);
      co_return line ? std::string(*line) : std::string();
    }
    net::Task<std::string> receive_bytes(std::size_t n) {
      std::string bytes(n, '\0');
      const auto read = co_await reader_.read_exactly(std::as_writable_bytes(std::span(bytes)), kPatience);
      CHECK(read.has_value());
      co_return bytes;
    }
    /// Registers with ECE465/2 without checksums, so that the test can write answers by hand.
    net::Task<void> join(std::string id = "w-1", std::string more = "memory=1048576") {
      co_await send("REGISTER " + id + " ECE465/2 threads=1 credit=1048576 payload=1048576 " + more + "\n");
      const std::string answer = co_await receive();
      CHECK(answer.starts_with("REGISTERED ECE465/2 heartbeat="));
    }
    /// Registers as `old-1` in an older dialect and answers the master's probe, a request without bytes.
    net::Task<void> join_older() {
      co_await send("REGISTER old-1\n");
      CHECK(co_await receive() == "REGISTERED");
      CHECK(co_await receive() == "CALC_HIST 0");
      std::string zeros = "HIST_RESULT [0";
      for (int i = 1; i < 256; ++i) zeros += ",0";
      co_await send(zeros + "]\n");
    }
    void hang_up() { stream_.close(); }

   private:
    net::Stream stream_;
    net::LineReader reader_;
  };
  using Script = std::function<net::Task<void>(SessionFixture&, Worker&)>;

  explicit SessionFixture(Script script) : coordinator(context, {}), script_(std::move(script)) {
    options.handshake.settle = 1ms;
    options.terms.heartbeat = 5s;
    options.terms.checksum = true;
    options.terms.payload_bytes = std::uint64_t{1} << 30;
  }

  void run() {
    auto listener = net::Listener::open(context, net::Address("127.0.0.1", 0));
    REQUIRE(listener);
    asio::co_spawn(
        context, listener->accept([this](net::Stream s) { return serve(std::move(s)); }, gate, 10, [](const Error&) {}),
        asio::detached);
    asio::co_spawn(context, act(this, &*listener), asio::detached);
    context.run();
    CHECK(finished);
  }

  void on_registered(const std::shared_ptr<WorkerSession>& session) override { joined.push_back(session->id()); }
  void on_disconnected(const std::shared_ptr<WorkerSession>&, std::string_view why) override { end_reason = why; }
  void on_log(const std::string& worker, const std::string& text) override { logs.push_back(worker + ": " + text); }
  void on_transfer(std::uint64_t, std::uint64_t) override {}

  asio::io_context context{1};
  Coordinator coordinator;
  wire::DialectCache dialects;
  Logger logger{LogLevel::error};
  SessionOptions options;
  net::Gate gate{context.get_executor()};
  std::vector<std::shared_ptr<WorkerSession>> sessions;
  std::vector<std::string> joined, logs;
  std::string end_reason;
  bool finished = false;

 private:
  net::Task<void> serve(net::Stream stream) {
    sessions.push_back(
        std::make_shared<WorkerSession>(std::move(stream), *this, coordinator, dialects, logger, options));
    const auto session = sessions.back();
    co_await session->run();
  }
  static net::Task<void> act(SessionFixture* fixture, net::Listener* listener) {
    auto stream = co_await net::connect(listener->address(), kPatience);
    REQUIRE(stream);
    Worker worker(*std::move(stream));
    co_await fixture->script_(*fixture, worker);
    worker.hang_up();
    fixture->gate.close();
    listener->stop();
    CHECK(co_await fixture->gate.drained(kPatience));
    fixture->coordinator.stop();
    fixture->finished = true;
  }

  Script script_;
};

}  // namespace ece465::cluster
