#include <algorithm>
#include <optional>

#include "duration_histogram.hpp"
#include "ece465/labs/serve.hpp"
#include "ece465/net/stream.hpp"
#include "random.hpp"
#include "resources.hpp"

namespace ece465::labs {
namespace {

using net::Task;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxAnswerBytes = std::size_t{66} << 10;  // max_message_bytes and the answer's own words

struct LineStream {
  LineStream(net::Stream connected, std::size_t max_bytes) : stream(std::move(connected)), reader(stream, max_bytes) {}
  net::Stream stream;
  net::LineReader reader;
};

/// Sends `text` and waits for a line.
Task<Result<std::string_view>> exchange(LineStream& server, std::string_view text, net::Duration timeout) {
  ECE465_CO_TRY(co_await server.stream.write(as_bytes(text), timeout));
  co_return co_await server.reader.line(timeout);
}

/// Runs `context` until it has no more work; on `stop`, calls `close` on this thread.
void run_until(asio::io_context& context, const std::stop_token& stop, const std::function<void()>& close) {
  const std::stop_callback when_stopped(stop, [&] { asio::post(context, close); });
  context.restart();
  context.run();
}

/// Many connections on one thread.
class Load {
 public:
  Load(const LoadOptions& options, std::stop_token stop)
      : options_(options), stop_(std::move(stop)), request_(options.message + "\n") {}

  Result<LoadReport> run() {
    ECE465_TRY(raise_open_file_limit(options_.connections + 64));
    for (std::size_t i = 0; i < options_.connections; ++i) net::spawn(context_, open());
    run_until(context_, stop_, [] {});
    if (streams_.empty()) return std::unexpected(failure_.value_or(Error()));
    const auto start = Clock::now();
    for (auto& stream : streams_) net::spawn(context_, send_requests(*stream));
    run_until(context_, stop_, [this] {
      for (auto& stream : streams_) stream->stream.close();
    });
    LoadReport report;
    report.elapsed = Clock::now() - start;
    report.answered = times_.count();
    report.failed = failed_;
    report.first_failure = failure_ ? failure_->text() : std::string();
    report.min = times_.min();
    report.median = times_.percentile(0.5);
    report.p90 = times_.percentile(0.9);
    report.p99 = times_.percentile(0.99);
    report.p999 = times_.percentile(0.999);
    report.max = times_.max();
    return report;
  }

 private:
  void failed(Error error, std::uint64_t requests) {
    if (stop_.stop_requested()) return;
    failed_ += requests;
    if (!failure_) failure_ = std::move(error);
  }

  Task<void> open() {
    auto stream = co_await net::connect(options_.server, options_.timeout, stop_);
    if (!stream) {
      failed(std::move(stream).error(), options_.requests);
      co_return;
    }
    streams_.push_back(
        std::make_unique<LineStream>(*std::move(stream), std::max<std::size_t>(2 * request_.size(), 256)));
  }

  Task<void> send_requests(LineStream& stream) {
    for (std::uint64_t i = 0; i < options_.requests; ++i) {
      const auto begin = Clock::now();
      const auto answer = co_await exchange(stream, request_, options_.timeout);
      if (!answer) {
        failed(answer.error(), options_.requests - i);
        co_return;
      }
      times_.add(Clock::now() - begin);
    }
  }

  const LoadOptions& options_;
  std::stop_token stop_;
  std::string request_;
  asio::io_context context_{1};
  std::vector<std::unique_ptr<LineStream>> streams_;
  DurationHistogram times_;
  std::uint64_t failed_ = 0;
  std::optional<Error> failure_;
};

/// The course's networked philosopher.
class CoursePhilosopher {
 public:
  CoursePhilosopher(const PhilosopherOptions& options, const ServeHooks& hooks, std::stop_token stop)
      : options_(options), hooks_(hooks), stop_(std::move(stop)), random_(options.seed, 0), timer_(context_) {}

  std::uint64_t run() {
    net::spawn(context_, live());
    run_until(context_, stop_, [this] {
      timer_.cancel();
      if (stream_ != nullptr) stream_->stream.close();
    });
    return answers_;
  }

 private:
  [[nodiscard]] bool done() const {
    return stop_.stop_requested() || (options_.requests > 0 && answers_ >= options_.requests);
  }

  Task<void> live() {
    auto pause = options_.retry_min;
    bool warned = false;
    while (!done()) {
      auto stream = co_await net::connect(options_.server, options_.timeout, stop_);
      Error failure;
      if (stream) {
        pause = options_.retry_min;
        warned = false;
        failure = co_await converse(*std::move(stream));
      } else {
        failure = std::move(stream).error();
      }
      if (done()) break;
      // Once per outage, not per attempt.
      if (!std::exchange(warned, true) && hooks_.on_warning) hooks_.on_warning(failure.text() + "; trying again");
      co_await sleep(pause);
      pause = std::min(2 * pause, options_.retry_max);
    }
  }

  /// Returns why the connection ended.
  Task<Error> converse(net::Stream stream) {
    LineStream server(std::move(stream), kMaxAnswerBytes);
    stream_ = &server;
    Error reason;
    while (!done()) {
      print(fmt::format("[Client {}] Thinking...", options_.id));
      co_await sleep(random_.between(options_.think.min, options_.think.max));
      if (done()) break;
      // With a newline, unlike the course's client: without it the server would wait for a pause.
      const std::string request = fmt::format("Philosopher {} requesting to eat!\n", options_.id);
      const auto answer = co_await exchange(server, request, options_.timeout);
      if (!answer) {
        reason = answer.error();
        break;
      }
      ++answers_;
      print(fmt::format("[Coordinator] replied: {}", *answer));
    }
    stream_ = nullptr;
    co_return reason;
  }

  Task<void> sleep(std::chrono::nanoseconds time) {
    if (stop_.stop_requested()) co_return;
    timer_.expires_after(time);
    co_await net::wait(timer_);
  }

  void print(const std::string& line) const {
    if (hooks_.on_line) hooks_.on_line(line);
  }

  const PhilosopherOptions& options_;
  const ServeHooks& hooks_;
  std::stop_token stop_;
  Random random_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  LineStream* stream_ = nullptr;
  std::uint64_t answers_ = 0;
};

class TcpConversation final : public Conversation {
 public:
  explicit TcpConversation(std::chrono::milliseconds timeout) : timeout_(timeout) {}

  Result<void> connect(const net::Address& server, const std::stop_token& stop) {
    Result<void> done;
    net::spawn(context_, connect_to(server, stop, done));
    run_until(context_, stop, [] {});
    return done;
  }

  Result<std::optional<std::string>> ask(std::string_view text, const std::stop_token& stop) override {
    Result<std::optional<std::string>> answer;
    net::spawn(context_, ask_for(std::string(text) + "\n", answer));
    run_until(context_, stop, [this] { stream_->stream.close(); });
    if (stop.stop_requested()) return fail(Errc::cancelled, "");
    return answer;
  }

 private:
  Task<void> connect_to(net::Address server, std::stop_token stop, Result<void>& done) {
    auto stream = co_await net::connect(server, timeout_, stop);
    if (stream) {
      stream_.emplace(*std::move(stream), kMaxAnswerBytes);
    } else {
      done = std::unexpected(std::move(stream).error());
    }
  }

  Task<void> ask_for(std::string text, Result<std::optional<std::string>>& answer) {
    const auto line = co_await exchange(*stream_, text, timeout_);
    if (line) {
      answer = std::string(*line);
    } else if (line.error().code == Errc::unavailable) {
      answer = std::optional<std::string>();
    } else {
      answer = std::unexpected(line.error());
    }
  }

  std::chrono::milliseconds timeout_;
  asio::io_context context_{1};
  std::optional<LineStream> stream_;
};

}  // namespace

Result<LoadReport> load(const LoadOptions& options, std::stop_token stop) {
  return Load(options, std::move(stop)).run();
}

Result<std::uint64_t> run_philosopher(const PhilosopherOptions& options, const ServeHooks& hooks,
                                      std::stop_token stop) {
  return CoursePhilosopher(options, hooks, std::move(stop)).run();
}

Result<std::unique_ptr<Conversation>> Conversation::open(const net::Address& server, std::chrono::milliseconds timeout,
                                                         const std::stop_token& stop) {
  auto conversation = std::make_unique<TcpConversation>(timeout);
  ECE465_TRY(conversation->connect(server, stop));
  return conversation;
}

}  // namespace ece465::labs
