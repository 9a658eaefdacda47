#include "jobs/text_run.hpp"

#include "scripted_worker.hpp"

using namespace ece465;
using namespace ece465::cluster;

namespace {

/// A text that comes `step` bytes at a time, and then ends, or breaks off.
class Told final : public TextSource {
 public:
  explicit Told(std::string text, std::size_t step = 1000) : text_(std::move(text)), step_(step) {}
  net::Task<Result<std::size_t>> read(MutableBytes out) override {
    const std::size_t n = std::min({step_, out.size(), text_.size() - told});
    std::ranges::copy(as_bytes(text_).subspan(told, n), out.data());
    told += n;
    if (n == 0 && breaks) {
      while (!may_break) co_await breaking->wait(kPatience);
      co_return std::unexpected(*breaks);
    }
    co_return n;
  }

  std::size_t told = 0;
  std::optional<Error> breaks;
  std::optional<net::Event> breaking;  ///< when it may
  bool may_break = false;

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

/// The master's side of one text, on a stage.
class Counted {
 public:
  Counted(Stage& stage, Told& source, const TextRunLimits& limits = small(), text::Kind kind = text::Kind::wordcount)
      : gate_(stage.context.get_executor()), ended_(stage.context.get_executor()) {
    TextRunContext context;
    context.coordinator = &stage.coordinator;
    context.loop = stage.context.get_executor();
    context.cpu = &cpu_;
    context.merged = [this](std::uint64_t bytes) { merged += bytes; };
    run = std::make_shared<TextRun>(context, kind, limits, gate_.enter());
    asio::co_spawn(stage.context, keep(this, &source), asio::detached);
  }
  ~Counted() { cpu_.join(); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  /// Waits for the end: the result, or the words of the failure.
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
  static net::Task<void> keep(Counted* counted, Told* source) {
    auto tally = co_await TextRun::run(counted->run, source);
    counted->outcome_.emplace(std::move(tally));
    counted->ended_.notify();
  }

  asio::thread_pool cpu_{1};
  net::Gate gate_;
  net::Event ended_;
  std::optional<Result<text::Tally>> outcome_;
};

/// "MAP 19 task=13 kind=bytes" -> 13
std::string task_in(const std::string& line) {
  const auto from = line.find("task=") + 5;
  return line.substr(from, line.find(' ', from) - from);
}

/// What answers a MAP well; the piece is read.
net::Task<std::string> good_answer(Stage::Worker& worker, std::string line, text::Kind kind) {
  const std::string piece = co_await worker.hear_bytes(std::stoul(line.substr(4)));
  const auto result = text::map_piece(kind, piece);
  co_return fmt::format("MAP_RESULT {} task={}\n{}", result->size(), task_in(line), *result);
}

/// A worker that answers well until it is told BYE.
class GoodWorker {
 public:
  GoodWorker(Stage& stage, Stage::Worker& worker, text::Kind kind)
      : stage_(stage), over_(stage.context.get_executor()) {
    asio::co_spawn(stage.context, answer(this, &worker, kind), asio::detached);
  }
  net::Task<void> leave() {
    stage_.sessions.front()->say_bye();
    while (!done_) co_await over_.wait(kPatience);
  }
  std::function<void()> asked = [] {};  ///< called with each MAP
  std::size_t pieces = 0;

 private:
  static net::Task<void> answer(GoodWorker* self, Stage::Worker* worker, text::Kind kind) {
    for (;;) {
      const std::string line = co_await worker->hear();
      if (!line.starts_with("MAP ")) break;
      ++self->pieces;
      self->asked();
      const std::string said = co_await good_answer(*worker, line, kind);
      co_await worker->say(said);
    }
    self->done_ = true;
    self->over_.notify();
  }

  Stage& stage_;
  net::Event over_;
  bool done_ = false;
};

constexpr const char* kBothKinds = "maps=bytes,wordcount";

}  // namespace

TEST_SUITE("texts over workers") {
  TEST_CASE("a piece goes out as MAP, and its result is the text's") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      Told text("to be or not to be");
      Counted counted(stage, text);
      CHECK(co_await worker.hear() == "MAP 18 task=1 kind=wordcount");
      CHECK(co_await worker.hear_bytes(18) == "to be or not to be");
      co_await worker.say("MAP_RESULT 21 task=1 us=42\n2 be\n1 not\n1 or\n2 to\n");
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
      CHECK(counted.merged == 18);
      CHECK(counted.run->bytes() == 18);
      CHECK(counted.run->report().shares.size() == 1);
    }).run();
  }

  TEST_CASE("with a checksum, where both sides know it") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", "checksum=xxh3 maps=wordcount");
      Told text("to be or not to be\n");
      Counted counted(stage, text);
      CHECK(co_await worker.hear() == "MAP 19 task=1 kind=wordcount xxh3=8514a642bb995ed9");
      (void)co_await worker.hear_bytes(19);
      co_await worker.say("MAP_RESULT 21 task=1 xxh3=f6679a51e3fe9831\n2 be\n1 not\n1 or\n2 to\n");
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
    }).run();
  }

  TEST_CASE("many pieces, by a worker and by the master beside it while it is not proven") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      std::string all;
      for (int i = 0; i < 200; ++i) all += fmt::format("10.0.0.{} {}\n", i % 7, i);
      Told text(all, 13);
      GoodWorker good(stage, worker, text::Kind::bytes);
      Counted counted(stage, text, small(), text::Kind::bytes);
      CHECK(co_await counted.result() == "19900 200 0\n");
      CHECK(counted.merged == all.size());
      CHECK(good.pieces > 0);
      co_await good.leave();
    }).run();
  }

  TEST_CASE("a worker that offers no MAP, or another kind, is not asked: the master counts") {
    for (const char* offer : {"maps=bytes", "memory=0", "maps=poetry"}) {
      static const char* offered;
      offered = offer;
      Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
        co_await worker.join("w-1", offered);
        Told text("to be or not to be that is the question");
        Counted counted(stage, text);
        CHECK(co_await counted.result() == "2 be\n1 is\n1 not\n1 or\n1 question\n1 that\n1 the\n2 to\n");
        stage.coordinator.stop();
        stage.sessions.front()->say_bye();
        CHECK(co_await worker.hear() == "BYE");  // nothing came before
      }).run();
    }
  }

  TEST_CASE("an older worker is not asked") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join_older();
      net::Event never(stage.context.get_executor());
      while (stage.joined.empty()) co_await never.wait(1ms);
      Told text("a a a");
      Counted counted(stage, text);
      CHECK(co_await counted.result() == "3 a\n");
    }).run();
  }

  TEST_CASE("wrong results are lies: they are not merged, and the piece is done by somebody else") {
    for (const char* answer :
         {"MAP_RESULT 21 task=1\n2 be\n1 not\n1 or\n1 to\n", "MAP_RESULT 21 task=1\n2 be\n1 nut\n1 or\n2 to\n",
          "MAP_RESULT 5 task=1\nhello", "MAP_RESULT 0 task=1\n", "MAP_RESULT 1000 task=1\n",
          "HIST_RESULT 3 task=1\n\x12\x01\xff", "CDF_RESULT 18 task=1\nto be or not to be",
          "ERROR code=failed task=1 text=tired\n", "%%% what?\n"}) {
      static const char* said;
      said = answer;
      Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
        CAPTURE(said);
        co_await worker.join("w-1", kBothKinds);
        Told text("to be or not to be");
        Counted counted(stage, text);
        CHECK(co_await worker.hear() == "MAP 18 task=1 kind=wordcount");
        (void)co_await worker.hear_bytes(18);
        co_await worker.say(said);
        CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
        CHECK(counted.run->report().misses == 1);
      }).run();
    }
  }

  TEST_CASE("a worker that goes away with a piece in hand") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      Told text("to be or not to be");
      Counted counted(stage, text);
      (void)co_await worker.hear();
      worker.hang_up();
      CHECK(co_await counted.result() == "2 be\n1 not\n1 or\n2 to\n");
    }).run();
  }

  TEST_CASE("the text waits for its pieces: no more than the window is read ahead") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      TextRunLimits limits = small();
      limits.window_bytes = 60;
      std::string all;
      for (int i = 0; i < 500; ++i) all += "word ";
      Told text(all, 7);
      GoodWorker good(stage, worker, text::Kind::wordcount);
      Counted counted(stage, text, limits);
      std::size_t furthest = 0;
      good.asked = [&] { furthest = std::max(furthest, text.told - static_cast<std::size_t>(counted.merged)); };
      CHECK(co_await counted.result() == "500 word\n");
      CHECK(good.pieces > 0);
      CHECK(furthest <= 60 + 2 * 20);  // the window, what completed it, and what is not a piece yet
      co_await good.leave();
    }).run();
  }

  TEST_CASE("a text that breaks off is given up, and so is its piece") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      Told text("to be or not to be that is the question of questions");
      text.breaks = Error{Errc::corrupt, "the client went away"};
      text.breaking.emplace(stage.context.get_executor());
      Counted counted(stage, text);
      const std::string line = co_await worker.hear();
      REQUIRE(line.starts_with("MAP "));
      (void)co_await worker.hear_bytes(std::stoul(line.substr(4)));
      text.may_break = true;
      text.breaking->notify();
      CHECK(co_await counted.result() == "the client went away");
      CHECK(co_await worker.hear() == "DROP task=" + task_in(line));
      // A late answer is taken, and changes nothing.
      co_await worker.say("MAP_RESULT 2 task=" + task_in(line) + "\n??PING n=7\n");
      CHECK(co_await worker.hear() == "PONG n=7");
    }).run();
  }

  TEST_CASE("long words are the master's own, up to the limit") {
    Stage([](Stage& stage, Stage::Worker&) -> net::Task<void> {
      const std::string word(300, 'x');
      TextRunLimits limits = small();
      limits.text.max_word_bytes = 300;
      Told text("a " + word + " b " + word);
      Counted counted(stage, text, limits);
      CHECK(co_await counted.result() == "1 a\n1 b\n2 " + word + "\n");
      Told longer("a " + word + word + word);
      Counted too_long(stage, longer, limits);
      CHECK(co_await too_long.result() == "a word of more than 300 bytes");
    }).run();
  }

  TEST_CASE("there is an end to distinct words") {
    Stage([](Stage& stage, Stage::Worker&) -> net::Task<void> {
      TextRunLimits limits = small();
      limits.text.piece_bytes = 2000;
      limits.table_bytes = std::uint64_t{1} << 20;
      std::string all;
      for (int i = 0; i < 20'000; ++i) all += fmt::format("{} ", i);
      Told text(all);
      Counted counted(stage, text, limits);
      CHECK((co_await counted.result()).starts_with("the text has too many distinct words"));
      CHECK(text.told < all.size());
      std::string same;
      for (int i = 0; i < 20'000; ++i) same += "12345 ";
      Told again(same);
      Counted fine(stage, again, limits);
      CHECK(co_await fine.result() == "20000 12345\n");
    }).run();
  }

  TEST_CASE("nothing, blanks, and totals that are too large") {
    Stage([](Stage& stage, Stage::Worker&) -> net::Task<void> {
      Told nothing("");
      Counted none(stage, nothing);
      CHECK(co_await none.result() == "");
      Told nothing_again("");
      Counted no_bytes(stage, nothing_again, small(), text::Kind::bytes);
      CHECK(co_await no_bytes.result() == "0 0 0\n");
      Told blank(std::string(1000, ' '));
      Counted blanks(stage, blank);
      CHECK(co_await blanks.result() == "");
      Told much("a 18446744073709551615\nb 18446744073709551615\n");
      Counted total(stage, much, small(), text::Kind::bytes);
      CHECK(co_await total.result() == "the total is more than 64 bits hold");
    }).run();
  }

  TEST_CASE("a text that is cancelled while its piece is with a worker") {
    Stage([](Stage& stage, Stage::Worker& worker) -> net::Task<void> {
      co_await worker.join("w-1", kBothKinds);
      Told text("to be or not to be");
      Counted counted(stage, text);
      (void)co_await worker.hear();
      counted.run->cancel({Errc::unavailable, "the master is stopping"});
      counted.run->cancel({Errc::internal, "said later"});
      CHECK(co_await counted.result() == "the master is stopping");
    }).run();
  }
}
