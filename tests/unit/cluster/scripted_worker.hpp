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

/// A master's side of one worker's connection, with the worker played by the test over a real socket.

namespace ece465::cluster {

using namespace std::chrono_literals;

inline constexpr net::Duration kPatience = 20s;  // for what must come; never waited out

/// A page of 8-bit strips that live in memory. The master's own attempts are never answered, so what is asked of the
/// worker depends on the worker alone.
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
  net::Task<Result<Pixels>> pixels(std::uint32_t strip, mapreduce::Phase) override {
    Pixels pixels;
    pixels.bytes = samples[strip];
    co_return pixels;
  }
  Bytes table(std::uint32_t) const override { return table_; }
  wire::TableId table_id(std::uint32_t) const override { return wire::TableId{77}; }
  net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                       Check how) override {
    scrutiny = how;
    if (!wire::sums_to(counts, samples[strip].size())) co_return fail(Errc::corrupt, "the counts do not add up");
    co_return Result<void>{};
  }
  net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                              Check how) override {
    scrutiny = how;
    const bool fine = std::to_integer<int>(mapped[0]) == 255 - std::to_integer<int>(samples[strip][0]);
    if (!fine) co_return fail(Errc::corrupt, "mapped wrongly");
    co_return std::shared_ptr<const void>();
  }
  void moved(mapreduce::Phase, std::uint64_t out, std::uint64_t in) override {
    sent += out;
    received += in;
  }

  std::vector<std::vector<std::byte>> samples;
  std::vector<std::pair<std::uint32_t, Answer>> accepted;
  std::optional<mapreduce::JobOutcome> outcome;
  mapreduce::JobReport report;
  std::size_t left_to_master = 0;
  std::optional<Check> scrutiny;  // of the last answer
  std::uint64_t sent = 0, received = 0;
  net::Event changed;

 private:
  std::vector<std::byte> table_;
};

/// Plays one worker against one session. `play` is the worker.
class Stage final : public SessionHost {
 public:
  /// What the worker sees of the master.
  class Worker {
   public:
    explicit Worker(net::Stream stream) : stream_(std::move(stream)), reader_(stream_) {}

    net::Task<void> say(std::string text) {
      const auto said = co_await stream_.write(as_bytes(text), kPatience);
      CHECK(said.has_value());
    }
    /// The next line; "" when the master has hung up.
    net::Task<std::string> hear() {
      const auto line = co_await reader_.line(kPatience);
      co_return line ? std::string(*line) : std::string();
    }
    net::Task<std::string> hear_bytes(std::size_t n) {
      std::string bytes(n, '\0');
      const auto read = co_await reader_.read_exactly(std::as_writable_bytes(std::span(bytes)), kPatience);
      CHECK(read.has_value());
      co_return bytes;
    }
    /// Registers by ECE465/2 without checksums, so that the test can write answers by hand.
    net::Task<void> join(std::string id = "w-1", std::string more = "memory=1048576") {
      co_await say("REGISTER " + id + " ECE465/2 threads=1 credit=1048576 payload=1048576 " + more + "\n");
      const std::string answer = co_await hear();
      CHECK(answer.starts_with("REGISTERED ECE465/2 heartbeat="));
    }
    /// Registers as `old-1` by the course's dialect, of which the first request, of no bytes, is the probe.
    net::Task<void> join_older() {
      co_await say("REGISTER old-1\n");
      CHECK(co_await hear() == "REGISTERED");
      CHECK(co_await hear() == "CALC_HIST 0");
      std::string zeros = "HIST_RESULT [0";
      for (int i = 1; i < 256; ++i) zeros += ",0";
      co_await say(zeros + "]\n");
    }
    void hang_up() { stream_.close(); }

   private:
    net::Stream stream_;
    net::LineReader reader_;
  };
  using Play = std::function<net::Task<void>(Stage&, Worker&)>;

  explicit Stage(Play play) : coordinator(context, {}), play_(std::move(play)) {
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
    CHECK(played);
  }

  void registered(const std::shared_ptr<WorkerSession>& session) override { joined.push_back(session->id()); }
  void gone(const std::shared_ptr<WorkerSession>&, std::string_view why) override { goodbye = why; }
  void said(const std::string& worker, const std::string& text) override { logs.push_back(worker + ": " + text); }
  void moved(std::uint64_t, std::uint64_t) override {}

  asio::io_context context{1};
  Coordinator coordinator;
  wire::DialectCache dialects;
  Logger logger{LogLevel::error};
  SessionOptions options;
  net::Gate gate{context.get_executor()};
  std::vector<std::shared_ptr<WorkerSession>> sessions;
  std::vector<std::string> joined, logs;
  std::string goodbye;
  bool played = false;

 private:
  net::Task<void> serve(net::Stream stream) {
    sessions.push_back(
        std::make_shared<WorkerSession>(std::move(stream), *this, coordinator, dialects, logger, options));
    const auto session = sessions.back();
    co_await session->run();
  }
  static net::Task<void> act(Stage* stage, net::Listener* listener) {
    auto stream = co_await net::connect(listener->address(), kPatience);
    REQUIRE(stream);
    Worker worker(*std::move(stream));
    co_await stage->play_(*stage, worker);
    worker.hang_up();
    stage->gate.close();
    listener->stop();
    CHECK(co_await stage->gate.drained(kPatience));
    stage->coordinator.stop();
    stage->played = true;
  }

  Play play_;
};

}  // namespace ece465::cluster
