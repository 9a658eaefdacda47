#include "ece465/wire/handshake.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "protocol_text.hpp"
#include "wire_decode.hpp"

using namespace ece465;
using namespace ece465::wire;

namespace {

const HandshakeTimeouts kTimeouts;
const WireLimits kLimits;
const Terms kTerms{2, true, std::chrono::milliseconds(5000), 1'073'741'824};

MasterHandshake master(DialectCache& dialects) { return {dialects, kTerms, kLimits, kTimeouts}; }

Header plain_register(std::string id) { return {Register{std::move(id), {}}, Dialect::documented}; }
Header histogram(Dialect dialect) {
  HistResult result;
  result.counts.resize(256);
  return {std::move(result), dialect};
}

/// Lets a worker register and disconnect before its dialect is known.
void disappoint(DialectCache& dialects, const std::string& id) {
  auto handshake = master(dialects);
  (void)handshake.on(plain_register(id));
  handshake.on_disconnect();
}

const Offer kOffer{2, 2, 4'194'304, 0, 67'108'864, true, {}};

/// The common interface of both state machines.
class Side {
 public:
  virtual ~Side() = default;
  virtual Step connect() = 0;
  virtual Step on(const Header& header) = 0;
  virtual Step on_deadline() = 0;
  virtual void on_disconnect() = 0;
  virtual Peer peer() const = 0;
  /// "ready course", "failed", or "" while it is in progress.
  virtual std::string end() const = 0;
};

std::string ready(Dialect dialect) {
  return "ready " + std::string(dialect == Dialect::v2 ? "v2" : dialect_name(dialect));
}

class MasterSide final : public Side {
 public:
  Step connect() override {
    handshake_.emplace(dialects_, kTerms, kLimits, kTimeouts);
    return handshake_->start();
  }
  Step on(const Header& header) override { return handshake_->on(header); }
  Step on_deadline() override { return handshake_->on_deadline(); }
  void on_disconnect() override { handshake_->on_disconnect(); }
  Peer peer() const override { return handshake_->peer(); }
  std::string end() const override {
    if (handshake_->state() == MasterHandshake::State::ready) return ready(handshake_->dialect());
    return handshake_->state() == MasterHandshake::State::failed ? "failed" : "";
  }

 private:
  DialectCache dialects_;
  std::optional<MasterHandshake> handshake_;
};

class WorkerSide final : public Side {
 public:
  Step connect() override { return handshake_.start(); }
  Step on(const Header& header) override { return handshake_.on(header); }
  Step on_deadline() override { return handshake_.on_deadline(); }
  void on_disconnect() override { handshake_.on_end(); }
  Peer peer() const override { return handshake_.peer(); }
  std::string end() const override {
    if (handshake_.state() == WorkerHandshake::State::ready) return ready(handshake_.dialect());
    return handshake_.state() == WorkerHandshake::State::failed ? "failed" : "";
  }

 private:
  WorkerHandshake handshake_{"w-1", kOffer, kLimits, kTimeouts};
};

void play(const protocol_text::Block& block) {
  REQUIRE(block.info.size() > 2);
  const std::string ours = block.info[1];
  MasterSide master;
  WorkerSide worker;
  Side& side = ours == "master" ? static_cast<Side&>(master) : worker;

  std::string said = side.connect().send;  // by our side, and not matched with the text yet
  for (const std::string& line : block.lines) {
    INFO(line);
    Step step;
    const std::size_t colon = line.find(": ");
    if (line == "deadline") {
      REQUIRE(said.empty());
      step = side.on_deadline();
    } else if (line == "hang-up") {
      side.on_disconnect();
    } else if (line == "connect") {
      step = side.connect();
    } else if (line.starts_with("ready ") || line == "failed") {
      CHECK(side.end() == line);
    } else if (line.substr(0, colon) == ours) {
      CHECK(said == protocol_text::unescape(line.substr(colon + 2)));
      said.clear();
    } else {
      REQUIRE(side.end().empty());
      const std::string bytes = protocol_text::unescape(line.substr(colon + 2));
      const auto decoded = decode(as_bytes(bytes), side.peer());
      REQUIRE(std::holds_alternative<Decoded>(decoded));
      CHECK(std::get<Decoded>(decoded).consumed == bytes.size());
      step = side.on(std::get<Decoded>(decoded).header);
    }
    said += step.send;
  }
  CHECK(said.empty());
  CHECK_FALSE(side.end().empty());
}

}  // namespace

TEST_CASE("the dialogues of PROTOCOL.md proceed as written") {
  const auto dialogues = protocol_text::blocks("dialogue");
  CHECK(dialogues.size() == 9);
  for (const auto& dialogue : dialogues) {
    std::string name;
    for (const auto& word : dialogue.info) name += word + " ";
    INFO(name);
    play(dialogue);
  }
}

TEST_SUITE("master's handshake") {
  TEST_CASE("every wait has a deadline, and a peer cannot extend it by sending lines") {
    DialectCache dialects;
    auto handshake = master(dialects);
    CHECK(handshake.start().deadline == kTimeouts.registration);
    CHECK_FALSE(handshake.on({Ignored{}, Dialect::documented}).deadline);
    CHECK_FALSE(handshake.on({Log{"a", "hello"}, Dialect::course}).deadline);
    CHECK(handshake.on(plain_register("a")).deadline == kTimeouts.probe_delay);
    CHECK_FALSE(handshake.on({Ignored{}, Dialect::documented}).deadline);
    CHECK(handshake.on_deadline().deadline == kTimeouts.probe);
    CHECK_FALSE(handshake.on({Log{"a", "hello"}, Dialect::course}).deadline);
    CHECK(handshake.state() == MasterHandshake::State::probing);
    (void)handshake.on_deadline();
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(handshake.error().code == Errc::timeout);
  }

  TEST_CASE("a peer that never registers is disconnected") {
    DialectCache dialects;
    auto handshake = master(dialects);
    (void)handshake.start();
    CHECK(handshake.on_deadline().send.empty());
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(dialects.size() == 0);
  }

  TEST_CASE("a message before REGISTER and a second REGISTER are refused with a reason") {
    DialectCache dialects;
    auto early = master(dialects);
    CHECK(early.on(histogram(Dialect::documented)).send == "ERROR code=refused text=HIST_RESULT before REGISTER\n");
    CHECK(early.state() == MasterHandshake::State::failed);

    auto twice = master(dialects);
    (void)twice.on(plain_register("a"));
    CHECK(twice.on(plain_register("a")).send.empty());
    CHECK(twice.state() == MasterHandshake::State::failed);
  }

  TEST_CASE("garbage instead of REGISTER is answered with the reason") {
    DialectCache dialects;
    auto handshake = master(dialects);
    const auto header = parse_header("REGISTER ../etc", handshake.peer());
    REQUIRE_FALSE(header.has_value());
    CHECK(handshake.on_error(header.error()).send.starts_with("ERROR code=refused text=REGISTER: worker id"));
    CHECK(handshake.state() == MasterHandshake::State::failed);
  }

  TEST_CASE("an answer of the wrong dialect proves nothing") {
    DialectCache dialects;
    auto handshake = master(dialects);
    (void)handshake.on(plain_register("a"));
    (void)handshake.on_deadline();
    (void)handshake.on(histogram(Dialect::course));
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(dialects.begin("a").approach == Approach::course);
  }

  TEST_CASE("a log line proves the course dialect only after ACK_REGISTER and before the probe") {
    DialectCache dialects;
    disappoint(dialects, "a");
    auto handshake = master(dialects);
    CHECK(handshake.on(plain_register("a")).send == "ACK_REGISTER\n");
    CHECK(handshake.on_deadline().send == "CALC_HIST job_0 0\n");
    (void)handshake.on({Log{"a", "late"}, Dialect::course});
    CHECK(handshake.state() == MasterHandshake::State::probing);  // its answer is still outstanding
    (void)handshake.on(histogram(Dialect::course));
    CHECK(handshake.state() == MasterHandshake::State::ready);
  }

  TEST_CASE("the approach that worked is tried first when the id returns, and verified again") {
    DialectCache dialects;
    for (int connection = 0; connection < 3; ++connection) {
      if (connection == 0) disappoint(dialects, "a");
      auto handshake = master(dialects);
      CHECK(handshake.on(plain_register("a")).send == "ACK_REGISTER\n");
      (void)handshake.on({Log{"a", "hello"}, Dialect::course});
      CHECK(handshake.dialect() == Dialect::course);
      handshake.on_disconnect();  // the end of a connection that was ready reveals nothing about the dialect
    }
  }

  TEST_CASE("an id whose worker was replaced by one of another dialect") {
    DialectCache dialects;
    disappoint(dialects, "a");
    auto course = master(dialects);
    (void)course.on(plain_register("a"));
    (void)course.on({Log{"a", "hello"}, Dialect::course});
    REQUIRE(course.dialect() == Dialect::course);

    // Now a documented worker that insists on REGISTERED uses the id.
    disappoint(dialects, "a");
    auto documented = master(dialects);
    CHECK(documented.on(plain_register("a")).send == "REGISTERED\n");
    CHECK(documented.on_deadline().send == std::string("CALC_HIST 1\n\0", 13));
    (void)documented.on(histogram(Dialect::documented));
    CHECK(documented.dialect() == Dialect::documented);

    // And now an ECE465/2 worker.
    auto modern = master(dialects);
    (void)modern.on({Register{"a", {}}, Dialect::v2});
    CHECK(modern.dialect() == Dialect::v2);
    CHECK(modern.peer().v2);
    CHECK(dialects.begin("a").approach == Approach::documented);
  }

  TEST_CASE("a connection that fails late does not overwrite what its successor learned") {
    DialectCache dialects;
    auto half_dead = master(dialects);
    (void)half_dead.on(plain_register("a"));
    (void)half_dead.on_deadline();
    auto successor = master(dialects);
    (void)successor.on(plain_register("a"));
    (void)successor.on_deadline();
    (void)successor.on(histogram(Dialect::documented));
    (void)half_dead.on_deadline();
    CHECK(half_dead.state() == MasterHandshake::State::failed);
    CHECK(dialects.begin("a").approach == Approach::documented);
  }

  TEST_CASE("checksums are used if both sides support them") {
    DialectCache dialects;
    for (const bool offered : {false, true}) {
      auto handshake = master(dialects);
      Register registration{"a", {}};
      registration.offer.checksum = offered;
      (void)handshake.on({registration, Dialect::v2});
      CHECK(handshake.terms().checksum == offered);
    }
  }

  TEST_CASE("a higher version is answered with ours") {
    DialectCache dialects;
    auto handshake = master(dialects);
    const auto header = parse_header("REGISTER a ECE465/9 credit=1 payload=1", handshake.peer());
    CHECK(handshake.on(header.value()).send.starts_with("REGISTERED ECE465/2 "));
  }
}

TEST_SUITE("dialect cache") {
  TEST_CASE("approaches rotate, so that no id is ever given up") {
    DialectCache dialects;
    for (const Approach approach : {Approach::documented, Approach::course, Approach::documented_one_byte,
                                    Approach::documented, Approach::course}) {
      const auto attempt = dialects.begin("a");
      CHECK(attempt.approach == approach);
      dialects.failed("a", attempt);
    }
    CHECK(dialects.begin("b").approach == Approach::documented);
  }

  TEST_CASE("it holds a bounded number of ids and evicts the one that changed longest ago") {
    DialectCache dialects(3);
    for (const char* id : {"a", "b", "c"}) dialects.failed(id, dialects.begin(id));
    dialects.failed("a", dialects.begin("a"));
    dialects.failed("d", dialects.begin("d"));
    CHECK(dialects.size() == 3);
    CHECK(dialects.begin("b").approach == Approach::documented);
    CHECK(dialects.begin("a").approach == Approach::documented_one_byte);
    CHECK(dialects.begin("d").approach == Approach::course);
  }
}

TEST_SUITE("worker's handshake") {
  WorkerHandshake worker() { return {"w", Offer{2, 1, 1, 0, 1, false, {}}, kLimits, kTimeouts}; }
  const std::string kOffering = "REGISTER w ECE465/2 threads=1 credit=1 memory=0 payload=1\n";
  const std::string kPlain = "REGISTER w\n";

  TEST_CASE("a request counts as an answer to REGISTER") {
    auto handshake = worker();
    (void)handshake.start();
    (void)handshake.on({CalcHist{}, Dialect::course});
    CHECK(handshake.state() == WorkerHandshake::State::ready);
    CHECK(handshake.dialect() == Dialect::course);
    CHECK(handshake.may_log());
  }

  TEST_CASE("ignored lines are not an answer and do not extend the deadline") {
    auto handshake = worker();
    CHECK(handshake.start().deadline == kTimeouts.registration);
    CHECK_FALSE(handshake.on({Ignored{"WELCOME", 0, {}}, Dialect::documented}).deadline);
    CHECK(handshake.state() == WorkerHandshake::State::registering);
    (void)handshake.on_deadline();
    CHECK(handshake.state() == WorkerHandshake::State::failed);
    CHECK(handshake.error().code == Errc::timeout);
  }

  TEST_CASE("documented masters get no log lines") {
    auto handshake = worker();
    (void)handshake.start();
    CHECK_FALSE(handshake.may_log());
    (void)handshake.on({Registered{}, Dialect::documented});
    CHECK_FALSE(handshake.may_log());
  }

  TEST_CASE("without an answer, the offer is left out every third time") {
    auto handshake = worker();
    for (int i = 0; i < 9; ++i) {
      CHECK(handshake.start().send == (i % 3 == 2 ? kPlain : kOffering));
      if (i % 2 == 0) (void)handshake.on_deadline();
      handshake.on_end();
    }
  }

  TEST_CASE("one master that was just restarting does not cost the offer") {
    auto handshake = worker();
    (void)handshake.start();
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
    (void)handshake.on({Registered{{2, false, std::chrono::milliseconds(1), 1}}, Dialect::v2});
    CHECK(handshake.peer().v2);
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
    CHECK_FALSE(handshake.peer().v2);
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
  }

  TEST_CASE("once a plain REGISTER has worked one refused attempt is enough, and an upgraded master is found") {
    auto handshake = worker();
    for (int i = 0; i < 2; ++i) {
      (void)handshake.start();
      handshake.on_end();
    }
    CHECK(handshake.start().send == kPlain);
    (void)handshake.on({Registered{}, Dialect::documented});
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
    handshake.on_end();
    CHECK(handshake.start().send == kPlain);
    (void)handshake.on({Registered{}, Dialect::documented});
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
    (void)handshake.on({Registered{}, Dialect::v2});
    handshake.on_end();
    (void)handshake.start();
    handshake.on_end();
    CHECK(handshake.start().send == kOffering);
  }
}
