#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ece465/net/gate.hpp"
#include "ece465/net/listener.hpp"
#include "worker/worker.hpp"

namespace ece465::testing {

/// A wait of this length means that the test has failed.
inline constexpr net::Duration kLong = std::chrono::seconds(20);

/// The master's end of a worker's connection, driven by a test.
class ScriptedMaster {
 public:
  explicit ScriptedMaster(net::Stream stream) : stream_(std::make_unique<net::Stream>(std::move(stream))) {}

  /// The next line, or "(end)" after the worker has ended the connection.
  [[nodiscard]] net::Task<std::string> line() {
    for (;;) {
      const auto end = held_.find('\n');
      if (end != std::string::npos) {
        std::string text = held_.substr(0, end);
        held_.erase(0, end + 1);
        co_return text;
      }
      const bool more = co_await fill();
      if (!more) co_return held_.empty() ? "(end)" : "(end in a line) " + held_;
    }
  }
  /// The next line that is neither LOG nor PING.
  [[nodiscard]] net::Task<std::string> answer() {
    for (;;) {
      std::string text = co_await line();
      if (!text.starts_with("LOG ") && !text.starts_with("PING ")) co_return text;
    }
  }
  /// The next `n` bytes, or fewer at the end.
  [[nodiscard]] net::Task<std::string> bytes(std::size_t n) {
    while (held_.size() < n) {
      const bool more = co_await fill();
      if (!more) break;
    }
    std::string text = held_.substr(0, n);
    held_.erase(0, n);
    co_return text;
  }
  net::Task<bool> say(std::string text) {
    const auto written = co_await stream_->write(as_bytes(text), kLong);
    co_return written.has_value();
  }
  void hang_up() { stream_->close(); }
  void end_writing() { stream_->end_writing(); }
  [[nodiscard]] net::Stream& stream() { return *stream_; }

 private:
  net::Task<bool> fill() {
    const auto n = co_await stream_->read_some(piece_.span(), kLong);
    if (!n || *n == 0) co_return false;
    held_ += as_text(piece_.span().first(*n));
    co_return true;
  }

  Buffer piece_{std::size_t{1} << 20};
  std::unique_ptr<net::Stream> stream_;
  std::string held_;
};

/// A worker on its own loop and pool, and a port on which a test acts as the master.
class Stage {
 public:
  explicit Stage(cluster::WorkerOptions options)
      : cpu(options.threads),
        listener_(net::Listener::open(loop, {"127.0.0.1", 0}).value()),
        gate_(loop.get_executor()),
        arrived_(loop.get_executor()),
        logger_(LogLevel::debug, LogFormat::text, [this](std::string_view line) { log += line.substr(25); }),
        options_(std::move(options)) {
    options_.master = listener_.address();
    worker_.emplace(loop, cpu, options_, logger_);
  }

  asio::io_context loop{1};
  asio::thread_pool cpu;
  std::string log;  ///< the worker's log, without times

  /// The worker's next connection.
  [[nodiscard]] net::Task<ScriptedMaster> next() {
    while (connections_.empty()) co_await arrived_.wait();
    ScriptedMaster master(std::move(connections_.front()));
    connections_.pop_front();
    co_return master;
  }
  /// The worker's next connection, registered with ECE465/2.
  [[nodiscard]] net::Task<ScriptedMaster> next_v2(std::string terms = "heartbeat=60000 payload=1073741824") {
    ScriptedMaster master = co_await next();
    const std::string hello = co_await master.line();
    CHECK(hello.starts_with("REGISTER w ECE465/2 threads="));
    co_await master.say("REGISTERED ECE465/2 " + terms + "\n");
    const std::string log_line = co_await master.line();
    CHECK(log_line == "LOG w Connected to master at " + options_.master.to_string());
    co_return master;
  }
  [[nodiscard]] cluster::Worker& worker() { return *worker_; }
  [[nodiscard]] const net::Address& address() const { return options_.master; }
  void stop_listening() { listener_.stop(); }

  /// Runs `script` beside the worker, then stops the worker, unless the script has, and waits for both.
  template <class Script>
  void play(Script script) {
    asio::co_spawn(loop, accept(), asio::detached);
    asio::co_spawn(loop, run_worker(), asio::detached);
    const std::function<net::Task<void>(Stage&)> played = script;
    asio::co_spawn(loop, run_script(played), asio::detached);
    loop.run_for(2 * kLong);
    CHECK(script_done_);
    CHECK(worker_done_);
    cpu.join();
  }

 private:
  net::Task<void> accept() {
    const std::function<net::Task<void>(net::Stream)> take = [this](net::Stream stream) {
      return put(std::move(stream));
    };
    co_await listener_.accept(take, gate_, 1000, [](const Error&) {});
  }
  net::Task<void> put(net::Stream stream) {
    connections_.push_back(std::move(stream));
    arrived_.notify();
    co_return;
  }
  net::Task<void> run_worker() {
    co_await worker_->run();
    worker_done_ = true;
  }
  net::Task<void> run_script(std::function<net::Task<void>(Stage&)> script) {
    co_await script(*this);
    script_done_ = true;
    worker_->stop();
    listener_.stop();
  }

  net::Listener listener_;
  net::Gate gate_;
  net::Condition arrived_;
  Logger logger_;
  cluster::WorkerOptions options_;
  std::deque<net::Stream> connections_;
  std::optional<cluster::Worker> worker_;
  bool script_done_ = false, worker_done_ = false;
};

/// Blocks a worker's only thread, so that requests that are sent meanwhile are not started.
class Busy {
 public:
  explicit Busy(Stage& stage) {
    const auto latches = latches_;  // the pool's thread may outlive this object
    asio::post(stage.cpu, [latches] {
      latches->begun.count_down();
      latches->go_on.wait();
    });
    latches->begun.wait();
  }
  ~Busy() { end(); }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  void end() {
    if (!std::exchange(ended_, true)) latches_->go_on.count_down();
  }

 private:
  struct Latches {
    std::latch begun{1}, go_on{1};
  };
  std::shared_ptr<Latches> latches_ = std::make_shared<Latches>();
  bool ended_ = false;
};

/// Options of a worker "w" that reconnects at once.
[[nodiscard]] inline cluster::WorkerOptions worker_options() {
  cluster::WorkerOptions options;
  options.id = "w";
  options.seed = 1;
  options.reconnect_min = std::chrono::milliseconds(1);
  options.reconnect_max = std::chrono::milliseconds(5);
  return options;
}

template <class Script>
void play(Script script, cluster::WorkerOptions options = worker_options()) {
  Stage stage(std::move(options));
  stage.play(script);
}

}  // namespace ece465::testing
