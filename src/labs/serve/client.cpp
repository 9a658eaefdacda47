#include <algorithm>
#include <optional>

#include "ece465/labs/serve.hpp"
#include "ece465/net/stream.hpp"
#include "open_files.hpp"
#include "random.hpp"
#include "time_counts.hpp"

namespace ece465::labs {
namespace {

using net::Task;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxAnswerBytes = std::size_t{66} << 10;  // a message of a server's longest, and its words

/// One end of a conversation in lines.
struct Line {
  Line(net::Stream connected, std::size_t most_bytes) : stream(std::move(connected)), reader(stream, most_bytes) {}
  net::Stream stream;
  net::LineReader reader;
};

/// Sends `text` and waits for a line.
Task<Result<std::string_view>> exchange(Line& line, std::string_view text, net::Duration patience) {
  ECE465_CO_TRY(co_await line.stream.write(as_bytes(text), patience));
  co_return co_await line.reader.line(patience);
}

/// Runs `context` until it has nothing to do; `stop` has `close` called on its thread.
void run_until(asio::io_context& context, const std::stop_token& stop, const std::function<void()>& close) {
  const std::stop_callback when_stopped(stop, [&] { asio::post(context, close); });
  context.restart();
  context.run();
}

/// Many connections that ask and wait, all on one thread.
class Load {
 public:
  Load(const LoadOptions& options, std::stop_token stop)
      : options_(options), stop_(std::move(stop)), request_(options.message + "\n") {}

  Result<LoadReport> run() {
    ECE465_TRY(allow_open_files(options_.connections + 64));
    for (std::size_t i = 0; i < options_.connections; ++i) asio::co_spawn(context_, open(), asio::detached);
    run_until(context_, stop_, [] {});
    if (lines_.empty()) {
      return fail(failure_.value_or(Error()).code, "{}", failure_.value_or(Error()).text());
    }
    const auto start = Clock::now();
    for (auto& line : lines_) asio::co_spawn(context_, ask(*line), asio::detached);
    run_until(context_, stop_, [this] {
      for (auto& line : lines_) line->stream.close();
    });
    LoadReport report;
    report.elapsed = Clock::now() - start;
    report.answered = times_.count();
    report.failed = failed_;
    report.first_failure = failure_ ? failure_->text() : std::string();
    report.least = times_.least();
    report.median = times_.percentile(0.5);
    report.p90 = times_.percentile(0.9);
    report.p99 = times_.percentile(0.99);
    report.p999 = times_.percentile(0.999);
    report.most = times_.most();
    return report;
  }

 private:
  void failed(Error error, std::uint64_t requests) {
    if (stop_.stop_requested()) return;
    failed_ += requests;
    if (!failure_) failure_ = std::move(error);
  }

  Task<void> open() {
    auto stream = co_await net::connect(options_.server, options_.patience, stop_);
    if (!stream) {
      failed(std::move(stream).error(), options_.requests);
      co_return;
    }
    lines_.push_back(std::make_unique<Line>(*std::move(stream), std::max<std::size_t>(2 * request_.size(), 256)));
  }

  Task<void> ask(Line& line) {
    for (std::uint64_t i = 0; i < options_.requests; ++i) {
      const auto begin = Clock::now();
      const auto answer = co_await exchange(line, request_, options_.patience);
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
  std::vector<std::unique_ptr<Line>> lines_;
  TimeCounts times_;
  std::uint64_t failed_ = 0;
  std::optional<Error> failure_;
};

/// The notes' networked philosopher.
class NotesPhilosopher {
 public:
  NotesPhilosopher(const PhilosopherOptions& options, const ServeHooks& hooks, std::stop_token stop)
      : options_(options), hooks_(hooks), stop_(std::move(stop)), random_(options.seed, 0), timer_(context_) {}

  std::uint64_t run() {
    asio::co_spawn(context_, live(), asio::detached);
    run_until(context_, stop_, [this] {
      timer_.cancel();
      if (line_ != nullptr) line_->stream.close();
    });
    return answers_;
  }

 private:
  [[nodiscard]] bool done() const {
    return stop_.stop_requested() || (options_.requests > 0 && answers_ >= options_.requests);
  }

  Task<void> live() {
    auto pause = options_.retry_min;
    bool told = false;
    while (!done()) {
      auto stream = co_await net::connect(options_.server, options_.patience, stop_);
      Error failure;
      if (stream) {
        pause = options_.retry_min;
        told = false;
        failure = co_await converse(*std::move(stream));
      } else {
        failure = std::move(stream).error();
      }
      if (done()) break;
      // A coordinator that is away for long is told of once.
      if (!std::exchange(told, true) && hooks_.note) hooks_.note(failure.text() + "; trying again");
      co_await sleep(pause);
      pause = std::min(2 * pause, options_.retry_max);
    }
  }

  /// Until the connection ends; why it did.
  Task<Error> converse(net::Stream stream) {
    Line line(std::move(stream), kMaxAnswerBytes);
    line_ = &line;
    Error why;
    while (!done()) {
      say(fmt::format("[Client {}] Thinking...", options_.id));
      co_await sleep(random_.between(options_.think.least, options_.think.most));
      if (done()) break;
      // Without a newline, as the notes' client sends it, it would be a message only after a pause.
      const std::string request = fmt::format("Philosopher {} requesting to eat!\n", options_.id);
      const auto answer = co_await exchange(line, request, options_.patience);
      if (!answer) {
        why = answer.error();
        break;
      }
      ++answers_;
      say(fmt::format("[Coordinator] replied: {}", *answer));
    }
    line_ = nullptr;
    co_return why;
  }

  Task<void> sleep(std::chrono::nanoseconds time) {
    if (stop_.stop_requested()) co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(net::kNoThrow);
  }

  void say(const std::string& line) const {
    if (hooks_.say) hooks_.say(line);
  }

  const PhilosopherOptions& options_;
  const ServeHooks& hooks_;
  std::stop_token stop_;
  Random random_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  Line* line_ = nullptr;
  std::uint64_t answers_ = 0;
};

class TcpConversation final : public Conversation {
 public:
  explicit TcpConversation(std::chrono::milliseconds patience) : patience_(patience) {}

  Result<void> connect(const net::Address& server, const std::stop_token& stop) {
    Result<void> done;
    asio::co_spawn(context_, connect_to(server, stop, done), asio::detached);
    run_until(context_, stop, [] {});
    return done;
  }

  Result<std::optional<std::string>> ask(std::string_view text, const std::stop_token& stop) override {
    Result<std::optional<std::string>> answer;
    asio::co_spawn(context_, ask_for(std::string(text) + "\n", answer), asio::detached);
    run_until(context_, stop, [this] { line_->stream.close(); });
    if (stop.stop_requested()) return fail(Errc::cancelled, "");
    return answer;
  }

 private:
  Task<void> connect_to(net::Address server, std::stop_token stop, Result<void>& done) {
    auto stream = co_await net::connect(server, patience_, stop);
    if (stream) {
      line_.emplace(*std::move(stream), kMaxAnswerBytes);
    } else {
      done = std::unexpected(std::move(stream).error());
    }
  }

  Task<void> ask_for(std::string text, Result<std::optional<std::string>>& answer) {
    const auto line = co_await exchange(*line_, text, patience_);
    if (line) {
      answer = std::string(*line);
    } else if (line.error().code == Errc::unavailable) {
      answer = std::optional<std::string>();
    } else {
      answer = std::unexpected(line.error());
    }
  }

  std::chrono::milliseconds patience_;
  asio::io_context context_{1};
  std::optional<Line> line_;
};

}  // namespace

Result<LoadReport> load(const LoadOptions& options, std::stop_token stop) {
  return Load(options, std::move(stop)).run();
}

Result<std::uint64_t> run_philosopher(const PhilosopherOptions& options, const ServeHooks& hooks,
                                      std::stop_token stop) {
  return NotesPhilosopher(options, hooks, std::move(stop)).run();
}

Result<std::unique_ptr<Conversation>> Conversation::open(const net::Address& server, std::chrono::milliseconds patience,
                                                         const std::stop_token& stop) {
  auto conversation = std::make_unique<TcpConversation>(patience);
  ECE465_TRY(conversation->connect(server, stop));
  return conversation;
}

}  // namespace ece465::labs
