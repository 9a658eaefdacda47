#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ece465/base/result.hpp"
#include "ece465/wire/dialect_cache.hpp"
#include "ece465/wire/header.hpp"

/// How a connection begins, as two state machines without sockets or clocks (PROTOCOL section 6). The shell tells
/// what happened and does what the returned step says. Both machines end in `ready` or `failed`; then the shell
/// goes on by itself, or closes the connection.

namespace ece465::wire {

/// What the shell is to do now.
struct Step {
  /// Write these bytes, if any; also when the handshake has failed, before closing.
  std::string send;
  /// Call `on_deadline` this long from now, in place of any earlier deadline. Without it the one that runs stays:
  /// a peer cannot stretch it by chatting. Once ready or failed, none counts any more.
  std::optional<std::chrono::milliseconds> deadline;
};

struct HandshakeTimeouts {
  /// The master: until REGISTER has come. The worker: until its answer has come.
  std::chrono::milliseconds registration{10'000};
  /// Between the answer to REGISTER and the probe. Workers that read the answer with one recv() and take all of
  /// it for that line would swallow a probe that came along.
  std::chrono::milliseconds settle{50};
  /// Until the probe is answered.
  std::chrono::milliseconds probe{5'000};
};

/// The master's side of one connection.
///
///     registering --REGISTER with ECE465/2----------------------------------------> ready (v2)
///     registering --REGISTER--> settling --settle--> probing --answer-------------> ready (documented or course)
///                               settling --LOG, after ACK_REGISTER----------------> ready (course)
///     any         --end of stream, garbage, deadline------------------------------> failed
class MasterHandshake {
 public:
  enum class State : std::uint8_t { registering, settling, probing, ready, failed };

  /// `memory` must outlive the handshake.
  MasterHandshake(DialectCache& memory, Terms terms, const WireLimits& limits, const HandshakeTimeouts& times);

  /// The connection is there.
  [[nodiscard]] Step start() const;
  /// A complete header arrived: of a course HIST_RESULT with its counts. LOG lines are the shell's to show.
  [[nodiscard]] Step on(const Header& header);
  [[nodiscard]] Step on_deadline();
  /// The peer has ended or broken the connection. Not for connections that this side closes (shutdown, an id
  /// that registered anew): they say nothing about the dialect.
  void on_disconnect();
  /// What the peer sent cannot be parsed.
  [[nodiscard]] Step on_error(const Error& error);

  [[nodiscard]] State state() const { return state_; }
  /// Before `ready`: what to parse with. It changes when ECE465/2 is agreed.
  [[nodiscard]] Peer peer() const;
  /// Meaningful when ready.
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  /// Who registered; empty before. The offer counts in ECE465/2 only.
  [[nodiscard]] const Register& registration() const { return registration_; }
  /// What was agreed; counts in ECE465/2 only.
  [[nodiscard]] const Terms& terms() const { return terms_; }
  /// Why it failed.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Step on_register(const Register& registration, Dialect shape);
  Step probe();
  Step become_ready(Dialect dialect);
  void give_up(Errc code, std::string why);

  DialectCache& memory_;
  Terms terms_;
  WireLimits limits_;
  HandshakeTimeouts times_;
  State state_ = State::registering;
  Dialect dialect_ = Dialect::documented;
  DialectCache::Attempt attempt_;
  Register registration_;
  Error error_;
};

/// The worker's side, for all connections that one worker makes, one after the other.
///
/// It registers with ECE465/2, which masters of both older dialects normally read over. One that insists on
/// `REGISTER <id>` and nothing else hangs up, or says nothing: after two such connections in a row (one may be a
/// master that was just restarting) the third registers plainly, and so on in turn. Once plain has worked, one
/// refused attempt is enough.
class WorkerHandshake {
 public:
  enum class State : std::uint8_t { unconnected, registering, ready, failed };

  /// `offer` is what this worker says of itself. The id must be valid.
  WorkerHandshake(std::string id, Offer offer, const WireLimits& limits, const HandshakeTimeouts& times);

  /// A connection is there. Begins anew.
  [[nodiscard]] Step start();
  /// A complete header arrived. A request that comes before any answer to REGISTER is an answer too: the caller
  /// handles that header as any other once the state is `ready`.
  [[nodiscard]] Step on(const Header& header);
  [[nodiscard]] Step on_deadline();
  /// The connection has ended, whoever ended it, also after `ready`.
  void on_end();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Peer peer() const;
  /// Meaningful when ready: what the answer to REGISTER was. Requests of the older dialects are answered in the
  /// shape of each (`Header::dialect`), whatever this says.
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  /// Whether the master takes LOG lines: a documented one does not know them.
  [[nodiscard]] bool may_log() const { return state_ == State::ready && dialect_ != Dialect::documented; }
  [[nodiscard]] const Terms& terms() const { return terms_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  [[nodiscard]] bool plain() const { return unanswered_ % 3 == 2; }

  std::string id_;
  Offer offer_;
  WireLimits limits_;
  HandshakeTimeouts times_;
  State state_ = State::unconnected;
  Dialect dialect_ = Dialect::documented;
  bool registered_plainly_ = false;
  unsigned unanswered_ = 0;  // connections in a row on which REGISTER got no answer
  Terms terms_;
  Error error_;
};

}  // namespace ece465::wire
