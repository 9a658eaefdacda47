#include "ece465/wire/handshake.hpp"

#include <doctest/doctest.h>

// What the dialogues of PROTOCOL.md do not show.

using namespace ece465;
using namespace ece465::wire;

namespace {

const HandshakeTimeouts kTimes;
const WireLimits kLimits;
const Terms kTerms{2, true, std::chrono::milliseconds(5000), 1'073'741'824};

MasterHandshake master(DialectCache& memory) { return {memory, kTerms, kLimits, kTimes}; }

Header plain_register(std::string id) { return {Register{std::move(id), {}}, Dialect::documented}; }
Header histogram(Dialect dialect) {
  HistResult result;
  result.counts.resize(256);
  return {std::move(result), dialect};
}

/// Lets a worker register and leave before it is known what it speaks.
void disappoint(DialectCache& memory, const std::string& id) {
  auto handshake = master(memory);
  (void)handshake.on(plain_register(id));
  handshake.on_disconnect();
}

}  // namespace

TEST_SUITE("master's handshake") {
  TEST_CASE("every wait has a deadline, and a chattering peer cannot stretch it") {
    DialectCache memory;
    auto handshake = master(memory);
    CHECK(handshake.start().deadline == kTimes.registration);
    CHECK_FALSE(handshake.on({Ignored{}, Dialect::documented}).deadline);
    CHECK_FALSE(handshake.on({Log{"a", "hello"}, Dialect::course}).deadline);
    CHECK(handshake.on(plain_register("a")).deadline == kTimes.settle);
    CHECK_FALSE(handshake.on({Ignored{}, Dialect::documented}).deadline);
    CHECK(handshake.on_deadline().deadline == kTimes.probe);
    CHECK_FALSE(handshake.on({Log{"a", "hello"}, Dialect::course}).deadline);
    CHECK(handshake.state() == MasterHandshake::State::probing);
    (void)handshake.on_deadline();
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(handshake.error().code == Errc::timeout);
  }

  TEST_CASE("a peer that never registers is let go") {
    DialectCache memory;
    auto handshake = master(memory);
    (void)handshake.start();
    CHECK(handshake.on_deadline().send.empty());
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(memory.size() == 0);
  }

  TEST_CASE("who speaks before registering, or registers twice, is refused with a reason") {
    DialectCache memory;
    auto early = master(memory);
    CHECK(early.on(histogram(Dialect::documented)).send ==
          "ERROR code=refused text=HIST_RESULT came before REGISTER\n");
    CHECK(early.state() == MasterHandshake::State::failed);

    auto twice = master(memory);
    (void)twice.on(plain_register("a"));
    CHECK(twice.on(plain_register("a")).send.empty());
    CHECK(twice.state() == MasterHandshake::State::failed);
  }

  TEST_CASE("garbage instead of REGISTER is answered with the reason") {
    DialectCache memory;
    auto handshake = master(memory);
    const auto header = parse_header("REGISTER ../etc", handshake.peer());
    REQUIRE_FALSE(header.has_value());
    CHECK(handshake.on_error(header.error()).send.starts_with("ERROR code=refused text=REGISTER: worker id"));
    CHECK(handshake.state() == MasterHandshake::State::failed);
  }

  TEST_CASE("an answer of the wrong dialect proves nothing") {
    DialectCache memory;
    auto handshake = master(memory);
    (void)handshake.on(plain_register("a"));
    (void)handshake.on_deadline();
    (void)handshake.on(histogram(Dialect::course));
    CHECK(handshake.state() == MasterHandshake::State::failed);
    CHECK(memory.begin("a").approach == Approach::course);
  }

  TEST_CASE("a log line proves the course dialect only after ACK_REGISTER and without a probe on the way") {
    DialectCache memory;
    disappoint(memory, "a");
    auto handshake = master(memory);
    CHECK(handshake.on(plain_register("a")).send == "ACK_REGISTER\n");
    CHECK(handshake.on_deadline().send == "CALC_HIST job_0 0\n");
    (void)handshake.on({Log{"a", "late"}, Dialect::course});
    CHECK(handshake.state() == MasterHandshake::State::probing);  // its answer is still to come
    (void)handshake.on(histogram(Dialect::course));
    CHECK(handshake.state() == MasterHandshake::State::ready);
  }

  TEST_CASE("what worked is tried first when the id returns, and proved again") {
    DialectCache memory;
    for (int connection = 0; connection < 3; ++connection) {
      if (connection == 0) disappoint(memory, "a");
      auto handshake = master(memory);
      CHECK(handshake.on(plain_register("a")).send == "ACK_REGISTER\n");
      (void)handshake.on({Log{"a", "hello"}, Dialect::course});
      CHECK(handshake.dialect() == Dialect::course);
      handshake.on_disconnect();  // a connection that had become ready says nothing about the dialect
    }
  }

  TEST_CASE("an id whose worker was replaced by one of another dialect is found out") {
    DialectCache memory;
    disappoint(memory, "a");
    auto course = master(memory);
    (void)course.on(plain_register("a"));
    (void)course.on({Log{"a", "hello"}, Dialect::course});
    REQUIRE(course.dialect() == Dialect::course);

    // Now a documented worker that insists on REGISTERED has the id.
    disappoint(memory, "a");
    auto documented = master(memory);
    CHECK(documented.on(plain_register("a")).send == "REGISTERED\n");
    CHECK(documented.on_deadline().send == std::string("CALC_HIST 1\n\0", 13));
    (void)documented.on(histogram(Dialect::documented));
    CHECK(documented.dialect() == Dialect::documented);

    // And now one of ours.
    auto modern = master(memory);
    (void)modern.on({Register{"a", {}}, Dialect::v2});
    CHECK(modern.dialect() == Dialect::v2);
    CHECK(modern.peer().v2);
    CHECK(memory.begin("a").approach == Approach::documented);
  }

  TEST_CASE("a connection that fails late does not spoil what its successor learned") {
    DialectCache memory;
    auto half_dead = master(memory);
    (void)half_dead.on(plain_register("a"));
    (void)half_dead.on_deadline();
    auto successor = master(memory);
    (void)successor.on(plain_register("a"));
    (void)successor.on_deadline();
    (void)successor.on(histogram(Dialect::documented));
    (void)half_dead.on_deadline();
    CHECK(half_dead.state() == MasterHandshake::State::failed);
    CHECK(memory.begin("a").approach == Approach::documented);
  }

  TEST_CASE("checksums are used when both sides know them") {
    DialectCache memory;
    for (const bool offered : {false, true}) {
      auto handshake = master(memory);
      Register registration{"a", {}};
      registration.offer.checksum = offered;
      (void)handshake.on({registration, Dialect::v2});
      CHECK(handshake.terms().checksum == offered);
    }
  }

  TEST_CASE("a version that is higher than ours is answered with ours") {
    DialectCache memory;
    auto handshake = master(memory);
    const auto header = parse_header("REGISTER a ECE465/9 credit=1 payload=1", handshake.peer());
    CHECK(handshake.on(header.value()).send.starts_with("REGISTERED ECE465/2 "));
  }
}

TEST_SUITE("dialect memory") {
  TEST_CASE("approaches come round, so that no id is ever given up") {
    DialectCache memory;
    for (const Approach approach : {Approach::documented, Approach::course, Approach::documented_one_byte,
                                    Approach::documented, Approach::course}) {
      const auto attempt = memory.begin("a");
      CHECK(attempt.approach == approach);
      memory.failed("a", attempt);
    }
    CHECK(memory.begin("b").approach == Approach::documented);
  }

  TEST_CASE("it holds a bounded number of ids and forgets the one that changed longest ago") {
    DialectCache memory(3);
    for (const char* id : {"a", "b", "c"}) memory.failed(id, memory.begin(id));
    memory.failed("a", memory.begin("a"));
    memory.failed("d", memory.begin("d"));
    CHECK(memory.size() == 3);
    CHECK(memory.begin("b").approach == Approach::documented);
    CHECK(memory.begin("a").approach == Approach::documented_one_byte);
    CHECK(memory.begin("d").approach == Approach::course);
  }
}

TEST_SUITE("worker's handshake") {
  WorkerHandshake worker() { return {"w", Offer{2, 1, 1, 0, 1, false, {}}, kLimits, kTimes}; }
  const std::string kOffering = "REGISTER w ECE465/2 threads=1 credit=1 memory=0 payload=1\n";
  const std::string kPlain = "REGISTER w\n";

  TEST_CASE("a request is an answer to REGISTER too") {
    auto handshake = worker();
    (void)handshake.start();
    (void)handshake.on({CalcHist{}, Dialect::course});
    CHECK(handshake.state() == WorkerHandshake::State::ready);
    CHECK(handshake.dialect() == Dialect::course);
    CHECK(handshake.may_log());
  }

  TEST_CASE("lines that mean nothing are no answer, and stretch no deadline") {
    auto handshake = worker();
    CHECK(handshake.start().deadline == kTimes.registration);
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

  TEST_CASE("the offer is left out every third time, as long as nobody answers") {
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

  TEST_CASE("once plain has worked one refused attempt is enough, and an upgraded master is found") {
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
