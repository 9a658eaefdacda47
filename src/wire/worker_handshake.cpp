#include <utility>

#include "ece465/wire/handshake.hpp"
#include "keywords.hpp"

namespace ece465::wire {

WorkerHandshake::WorkerHandshake(std::string id, Offer offer, const WireLimits& limits, const HandshakeTimeouts& times)
    : id_(std::move(id)), offer_(std::move(offer)), limits_(limits), times_(times) {
  offer_.version = kVersion;
}

Step WorkerHandshake::start() {
  state_ = State::registering;
  registered_plainly_ = plain();
  terms_ = {};
  error_ = {};
  return {to_line(Register{id_, offer_}, registered_plainly_ ? Dialect::documented : Dialect::v2), times_.registration};
}

Peer WorkerHandshake::peer() const {
  return {Sender::master, state_ == State::ready && dialect_ == Dialect::v2, limits_};
}

Step WorkerHandshake::on(const Header& header) {
  if (state_ != State::registering) return {};
  if (const auto* report = std::get_if<ErrorReport>(&header.message)) {
    state_ = State::failed;
    error_ = {Errc::unavailable, fmt::format("the master refused: {}", report->text)};
    return {};
  }
  if (std::holds_alternative<Ignored>(header.message)) return {};
  if (const auto* registered = std::get_if<Registered>(&header.message)) terms_ = registered->terms;
  state_ = State::ready;
  dialect_ = header.dialect;
  return {};
}

Step WorkerHandshake::on_deadline() {
  if (state_ != State::registering) return {};
  state_ = State::failed;
  error_ = {Errc::timeout, "the master did not answer REGISTER in time"};
  return {};
}

void WorkerHandshake::on_end() {
  switch (state_) {
    case State::unconnected: return;
    case State::registering: error_ = {Errc::unavailable, "the master hung up on REGISTER"}; [[fallthrough]];
    case State::failed: ++unanswered_; break;
    // One step short of plain: a master that insists is asked once more, so that its successor is found.
    case State::ready: unanswered_ = registered_plainly_ ? 1 : 0; break;
  }
  state_ = State::unconnected;
}

}  // namespace ece465::wire
