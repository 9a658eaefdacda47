#include "jobs/text_run.hpp"

#include "scripted_worker.hpp"

using namespace ece465;
using namespace ece465::cluster;

namespace {

/// A text that arrives in steps of `step` bytes and ends, optionally with an error.
class FakeSource final : public TextSource {
 public:
  explicit FakeSource(std::string text, std::size_t step = 1000) : text_(std::move(text)), step_(step) {}
  net::Task<Result<std::size_t>> read(MutableBytes out) override {
    const std::size_t n = std::min({step_, out.size(), text_.size() - bytes_read});
    std::ranges::copy(as_bytes(text_).subspan(bytes_read, n), out.data());
    bytes_read += n;
    if (n == 0 && error) {
      while (!may_fail) co_await error_allowed->wait(kPatience);
      co_return std::unexpected(*error);
    }
    co_return n;
  }

  std::size_t bytes_read = 0;
  std::optional<Error> error;
  std::optional<net::Condition> error_allowed;  ///< notified with `may_fail`
  bool may_fail = false;

 private:
  std::string text_;
  std::size_t step_;
};

TextRunLimits small() {
  TextRunLimits limits;
  limits.text.piece_bytes = 20;
  limits.sent_bytes = 40;
  limits.window_bytes = 100;
  return limits;
}

/// A TextRun in a fixture.
class CountedText {
 public:
  CountedText(SessionFixture& fixture, FakeSource& source, const TextRunLimits& limits = small(),
              text::Kind kind = text::Kind::wordcount)
      : gate_(fixture.context.get_executor()), ended_(fixture.context.get_executor()) {
    TextRunContext context;
    context.coordinator = &fixture.coordinator;
    context.loop = fixture.context.get_executor();
    context.cpu = &cpu_;
    context.on_merged = [this](std::uint64_t bytes) { merged += bytes; };
    run = std::make_shared<TextRun>(context, kind, limits, gate_.enter());
    asio::co_spawn(fixture.context, keep(this, &source), asio::detached);
  }
  ~CountedText() { cpu_.join(); }
  CountedText(const CountedText&) = delete;
  CountedText& operator=(const CountedText&) = delete;

  /// Waits for the end. Returns the result or the error message.
  net::Task<std::string> result() {
    while (!outcome_) co_await ended_.wait(kPatience);
    CHECK(gate_.inside() == 0);
    if (!*outcome_) co_return outcome_->error().text();
    const auto source = text::result_source(std::move(**outcome_));
    std::string text(static_cast<std::size_t>(source->size()), '\0');
    CHECK(source->read_exactly(0, std::as_writable_bytes(std::span(text))));
    co_return text;
  }

  std::shared_ptr<TextRun> run;
  std::uint64_t merged = 0;

 private:
  static net::Task<void> keep(CountedText* counted, FakeSource* source) {
    auto tally = co_await TextRun::run(counted->run, source);
    counted->outcome_.emplace(std::move(tally));
    counted->ended_.notify();
  }

  asio::thread_pool cpu_{1};
  net::Gate gate_;
  net::Condition ended_;
  std::optional<Result<text::Tally>> outcome_;
};

/// "MAP 19 task=13 kind=bytes" -> 13
std::string task_in(const std::string& line) {
  const auto from = line.find("task=") + 5;
  return line.substr(from, line.find(' ', from) - from);
}

/// Reads the piece of a MAP request and returns the correct answer.
net::Task<std::string> good_answer(SessionFixture::Worker& worker, std::string line, text::Kind kind) {
  const std::string piece = co_await worker.receive_bytes(std::stoul(line.substr(4)));
  const auto result = text::map_piece(kind, piece);
  co_return fmt::format("MAP_RESULT {} task={}\n{}", result->size(), task_in(line), *result);
}

/// A worker that answers correctly until the master says BYE.
class GoodWorker {
 public:
  GoodWorker(SessionFixture& fixture, SessionFixture::Worker& worker, text::Kind kind)
      : stage_(fixture), over_(fixture.context.get_executor()) {
    asio::co_spawn(fixture.context, answer(this, &worker, kind), asio::detached);
  }
  net::Task<void> leave() {
    stage_.sessions.front()->say_bye();
    while (!done_) co_await over_.wait(kPatience);
  }
  std::function<void()> asked = [] {};  ///< called with each MAP
  std::size_t pieces = 0;

 private:
  static net::Task<void> answer(GoodWorker* self, SessionFixture::Worker* worker, text::Kind kind) {
    for (;;) {
      const std::string line = co_await worker->receive();
      if (!line.starts_with("MAP ")) break;
      ++self->pieces;
      self->asked();
      const std::string reply = co_await good_answer(*worker, line, kind);
      co_await worker->send(reply);
    }
    self->done_ = true;
    self->over_.notify();
  }

  SessionFixture& stage_;
  net::Condition over_;
  bool done_ = false;
};

constexpr const char* kBothKinds = "maps=bytes,wordcount";

}  // namespace

TEST_SUITE("texts over workers") {
  TEST_CASE("a piece is sent as MAP, and its result is the text's") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      FakeSource text("to be or not to be");
      CountedText counted(fixture, text);
      CHECK(co_await worker.receive() == "MAP 18 task=1 kind=wordcount");
      CHECK(co_await worker.receive_bytes(18) == "to be or not to be");
      co_await worker.send("MAP_RESULT 21 task=1 us=42\n2 be\n1 not\n1 or\n2 to\n");
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
      CHECK(counted.merged == 18);
      CHECK(counted.run->bytes() == 18);
      CHECK(counted.run->report().shares.size() == 1);
    }).run();
  }

  TEST_CASE("with a checksum if both sides support it") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "checksum=xxh3 maps=wordcount");
      FakeSource text("to be or not to be\n");
      CountedText counted(fixture, text);
      CHECK(co_await worker.receive() == "MAP 19 task=1 kind=wordcount xxh3=8514a642bb995ed9");
      (void)co_await worker.receive_bytes(19);
      co_await worker.send("MAP_RESULT 21 task=1 xxh3=f6679a51e3fe9831\n2 be\n1 not\n1 or\n2 to\n");
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
    }).run();
  }

  TEST_CASE("many pieces, counted by a worker, and by the master while the worker is on probation") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      std::string all;
      for (int i = 0; i < 200; ++i) all += fmt::format("10.0.0.{} {}\n", i % 7, i);
      FakeSource text(all, 13);
      GoodWorker good(fixture, worker, text::Kind::bytes);
      CountedText counted(fixture, text, small(), text::Kind::bytes);
      CHECK(co_await counted.result() == "19900 200 0\n");
      CHECK(counted.merged == all.size());
      CHECK(good.pieces > 0);
      co_await good.leave();
    }).run();
  }

  TEST_CASE("a worker that offers no MAP, or another kind, gets no requests: the master counts") {
    for (const char* offer : {"maps=bytes", "memory=0", "maps=poetry"}) {
      static const char* offered;
      offered = offer;
      SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
        co_await worker.join("w-1", offered);
        FakeSource text("to be or not to be that is the question");
        CountedText counted(fixture, text);
        CHECK(co_await counted.result() == "2 be\n1 is\n1 not\n1 or\n1 question\n1 that\n1 the\n2 to\n");
        fixture.coordinator.stop();
        fixture.sessions.front()->say_bye();
        CHECK(co_await worker.receive() == "BYE");  // the first message
      }).run();
    }
  }

  TEST_CASE("a worker of an older dialect gets no requests") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join_older();
      net::Condition never(fixture.context.get_executor());
      while (fixture.joined.empty()) co_await never.wait(1ms);
      FakeSource text("a a a");
      CountedText counted(fixture, text);
      CHECK(co_await counted.result() == "3 a\n");
    }).run();
  }

  TEST_CASE("invalid results are not merged, and the piece is reassigned") {
    for (const char* answer :
         {"MAP_RESULT 21 task=1\n2 be\n1 not\n1 or\n1 to\n", "MAP_RESULT 21 task=1\n2 be\n1 nut\n1 or\n2 to\n",
          "MAP_RESULT 5 task=1\nhello", "MAP_RESULT 0 task=1\n", "MAP_RESULT 1000 task=1\n",
          "HIST_RESULT 3 task=1\n\x12\x01\xff", "CDF_RESULT 18 task=1\nto be or not to be",
          "ERROR code=failed task=1 text=tired\n", "%%% what?\n"}) {
      static const char* reply;
      reply = answer;
      SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
        CAPTURE(reply);
        co_await worker.join("w-1", kBothKinds);
        FakeSource text("to be or not to be");
        CountedText counted(fixture, text);
        CHECK(co_await worker.receive() == "MAP 18 task=1 kind=wordcount");
        (void)co_await worker.receive_bytes(18);
        co_await worker.send(reply);
        CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
        CHECK(counted.run->report().failed_attempts == 1);
      }).run();
    }
  }

  TEST_CASE("a worker that disconnects with an open request") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      FakeSource text("to be or not to be");
      CountedText counted(fixture, text);
      (void)co_await worker.receive();
      worker.hang_up();
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
    }).run();
  }

  TEST_CASE("no more than the window is read ahead of the pieces") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      TextRunLimits limits = small();
      limits.window_bytes = 60;
      std::string all;
      for (int i = 0; i < 500; ++i) all += "word ";
      FakeSource text(all, 7);
      GoodWorker good(fixture, worker, text::Kind::wordcount);
      CountedText counted(fixture, text, limits);
      std::size_t furthest = 0;
      good.asked = [&] { furthest = std::max(furthest, text.bytes_read - static_cast<std::size_t>(counted.merged)); };
      CHECK(co_await counted.result() == "500 word\n");
      CHECK(good.pieces > 0);
      CHECK(furthest <= 60 + 2 * 20);  // the window, the piece that filled it, and an incomplete piece
      co_await good.leave();
    }).run();
  }

  TEST_CASE("if reading fails, the text is cancelled and its piece dropped") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      FakeSource text("to be or not to be that is the question of questions");
      text.error = Error{Errc::corrupt, "the client went away"};
      text.error_allowed.emplace(fixture.context.get_executor());
      CountedText counted(fixture, text);
      const std::string line = co_await worker.receive();
      REQUIRE(line.starts_with("MAP "));
      (void)co_await worker.receive_bytes(std::stoul(line.substr(4)));
      text.may_fail = true;
      text.error_allowed->notify();
      CHECK(co_await counted.result() == "the client went away");
      CHECK(co_await worker.receive() == "DROP task=" + task_in(line));
      // A late answer is accepted without effect.
      co_await worker.send("MAP_RESULT 2 task=" + task_in(line) + "\n??PING n=7\n");
      CHECK(co_await worker.receive() == "PONG n=7");
    }).run();
  }

  TEST_CASE("the master counts pieces with long words, up to the limit") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker&) -> net::Task<void> {
      const std::string word(300, 'x');
      TextRunLimits limits = small();
      limits.text.max_word_bytes = 300;
      FakeSource text("a " + word + " b " + word);
      CountedText counted(fixture, text, limits);
      CHECK(co_await counted.result() == "1 a\n1 b\n2 " + word + "\n");
      FakeSource longer("a " + word + word + word);
      CountedText too_long(fixture, longer, limits);
      CHECK(co_await too_long.result() == "a word of more than 300 bytes");
    }).run();
  }

  TEST_CASE("the number of distinct words is limited") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker&) -> net::Task<void> {
      TextRunLimits limits = small();
      limits.text.piece_bytes = 2000;
      limits.table_bytes = std::uint64_t{1} << 20;
      std::string all;
      for (int i = 0; i < 20'000; ++i) all += fmt::format("{} ", i);
      FakeSource text(all);
      CountedText counted(fixture, text, limits);
      CHECK((co_await counted.result()).starts_with("the text has too many distinct words"));
      CHECK(text.bytes_read < all.size());
      std::string same;
      for (int i = 0; i < 20'000; ++i) same += "12345 ";
      FakeSource again(same);
      CountedText fine(fixture, again, limits);
      CHECK(co_await fine.result() == "20000 12345\n");
    }).run();
  }

  TEST_CASE("empty texts, blanks, and totals that are too large") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker&) -> net::Task<void> {
      FakeSource nothing("");
      CountedText none(fixture, nothing);
      CHECK(co_await none.result() == "");
      FakeSource nothing_again("");
      CountedText no_bytes(fixture, nothing_again, small(), text::Kind::bytes);
      CHECK(co_await no_bytes.result() == "0 0 0\n");
      FakeSource blank(std::string(1000, ' '));
      CountedText blanks(fixture, blank);
      CHECK(co_await blanks.result() == "");
      FakeSource much("a 18446744073709551615\nb 18446744073709551615\n");
      CountedText total(fixture, much, small(), text::Kind::bytes);
      CHECK(co_await total.result() == "the total exceeds 64 bits");
    }).run();
  }

  TEST_CASE("a text that is cancelled while a worker has its piece") {
    SessionFixture([](SessionFixture& fixture, SessionFixture::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      FakeSource text("to be or not to be");
      CountedText counted(fixture, text);
      (void)co_await worker.receive();
      counted.run->cancel({Errc::unavailable, "the master is stopping"});
      counted.run->cancel({Errc::internal, "said later"});
      CHECK(co_await counted.result() == "the master is stopping");
    }).run();
  }
}
