#include <doctest/doctest.h>

#include <optional>

#include "ece465/wire/frame.hpp"
#include "ece465/wire/handshake.hpp"
#include "protocol_text.hpp"

// Every dialogue of PROTOCOL.md, with our side played by the state machines.

using namespace ece465;
using namespace ece465::wire;

namespace {

const HandshakeTimeouts kTimes;
const Offer kOffer{2, 2, 4'194'304, 0, 67'108'864, true, {}};
const Terms kTerms{2, true, std::chrono::milliseconds(5000), 1'073'741'824};

/// What both machines look like from here.
class Side {
 public:
  virtual ~Side() = default;
  virtual Step connect() = 0;
  virtual Step on(const Header& header) = 0;
  virtual Step on_deadline() = 0;
  virtual void on_disconnect() = 0;
  virtual Peer peer() const = 0;
  /// "ready course", "failed", or "" while it goes on.
  virtual std::string end() const = 0;
};

std::string ready(Dialect dialect) {
  return "ready " + std::string(dialect == Dialect::v2 ? "v2" : dialect_name(dialect));
}

class MasterSide final : public Side {
 public:
  Step connect() override {
    handshake_.emplace(memory_, kTerms, WireLimits{}, kTimes);
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
  DialectCache memory_;
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
  WorkerHandshake handshake_{"w-1", kOffer, WireLimits{}, kTimes};
};

void play(const protocol_text::Block& block) {
  REQUIRE(block.info.size() > 2);
  const std::string ours = block.info[1];
  MasterSide master;
  WorkerSide worker;
  Side& side = ours == "master" ? static_cast<Side&>(master) : worker;

  std::string said = side.connect().send;  // by our side, and not in the text yet
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

TEST_CASE("the dialogues of PROTOCOL.md happen as written") {
  const auto dialogues = protocol_text::blocks("dialogue");
  CHECK(dialogues.size() == 9);
  for (const auto& dialogue : dialogues) {
    std::string name;
    for (const auto& word : dialogue.info) name += word + " ";
    INFO(name);
    play(dialogue);
  }
}
