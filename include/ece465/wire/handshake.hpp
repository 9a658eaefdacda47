#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ece465/base/result.hpp"
#include "ece465/wire/dialect_cache.hpp"
#include "ece465/wire/header.hpp"

/// The start of a connection, as two state machines without sockets or clocks (PROTOCOL section 6). The caller reports
/// events and performs the returned steps. Both machines end in `ready` or `failed`; then the caller continues by
/// itself, or closes the connection.

namespace ece465::wire {

/// What the caller must do now.
struct Step {
  /// Write these bytes, if any; also when the handshake has failed, before closing.
  std::string send;
  /// Call `on_deadline` after this time, instead of any earlier deadline. If empty, the current deadline stays, so that
  /// a peer cannot extend it by sending more lines. Deadlines end when the handshake is ready or failed.
  std::optional<std::chrono::milliseconds> deadline;
};

struct HandshakeTimeouts {
  /// Master: until REGISTER arrives. Worker: until its answer arrives.
  std::chrono::milliseconds registration{10'000};
  /// Pause between the answer to REGISTER and the probe: workers that read the answer with one recv() would take a
  /// probe that arrives with it for a part of that line.
  std::chrono::milliseconds probe_delay{50};
  /// Until the probe is answered.
  std::chrono::milliseconds probe{5'000};
};

/// The master's side of one connection.
///
///     registering --REGISTER with ECE465/2----------------------------------------> ready (v2)
///     registering --REGISTER--> settling --delay---> probing --answer-------------> ready (documented or course)
///                               settling --LOG, after ACK_REGISTER----------------> ready (course)
///     any         --end of stream, garbage, deadline------------------------------> failed
class MasterHandshake {
 public:
  enum class State : std::uint8_t { registering, settling, probing, ready, failed };

  /// `dialects` must outlive the handshake.
  MasterHandshake(DialectCache& dialects, Terms terms, const WireLimits& limits, const HandshakeTimeouts& timeouts);

  /// The connection was accepted.
  [[nodiscard]] Step start() const;
  /// A complete header arrived; a HIST_RESULT of the course dialect with its counts. Showing LOG lines is left to the
  /// caller.
  [[nodiscard]] Step on(const Header& header);
  [[nodiscard]] Step on_deadline();
  /// The peer closed or broke the connection. Do not call it for connections that this side closes (shutdown, an id
  /// that registered again): those reveal nothing about the dialect.
  void on_disconnect();
  /// What the peer sent cannot be parsed.
  [[nodiscard]] Step on_error(const Error& error);

  [[nodiscard]] State state() const { return state_; }
  /// How to parse the peer's lines; changes when ECE465/2 is agreed on.
  [[nodiscard]] Peer peer() const;
  /// Valid when ready.
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  /// The worker's REGISTER; empty before. The offer is valid in ECE465/2 only.
  [[nodiscard]] const Register& registration() const { return registration_; }
  /// What was agreed on; valid in ECE465/2 only.
  [[nodiscard]] const Terms& terms() const { return terms_; }
  /// Why it failed.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Step on_register(const Register& registration, Dialect shape);
  Step probe();
  Step become_ready(Dialect dialect);
  void give_up(Errc code, std::string why);

  DialectCache& dialects_;
  Terms terms_;
  WireLimits limits_;
  HandshakeTimeouts timeouts_;
  State state_ = State::registering;
  Dialect dialect_ = Dialect::documented;
  DialectCache::Attempt attempt_;
  Register registration_;
  Error error_;
};

/// The worker's side, for all successive connections of one worker.
///
/// It registers with an ECE465/2 offer, which masters of both older dialects normally ignore. One that insists on
/// `REGISTER <id>` and nothing else hangs up, or does not answer: after two such connections in a row (one may be a
/// master that was just restarting) the third registers without the offer, and so on in turn. Once that has worked, one
/// refused attempt is enough.
class WorkerHandshake {
 public:
  enum class State : std::uint8_t { unconnected, registering, ready, failed };

  /// The id must be valid.
  WorkerHandshake(std::string id, Offer offer, const WireLimits& limits, const HandshakeTimeouts& timeouts);

  /// The connection was made. Starts over.
  [[nodiscard]] Step start();
  /// A complete header arrived. A request that arrives before any answer to REGISTER is an answer too: the caller
  /// handles that header like any other once the state is `ready`.
  [[nodiscard]] Step on(const Header& header);
  [[nodiscard]] Step on_deadline();
  /// The connection has ended, closed by either side, also after `ready`.
  void on_end();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Peer peer() const;
  /// Valid when ready: the dialect of the answer to REGISTER. Requests in an older dialect are answered in the form of
  /// each request (`Header::dialect`).
  [[nodiscard]] Dialect dialect() const { return dialect_; }
  /// Whether the master accepts LOG lines: a documented one does not know them.
  [[nodiscard]] bool may_log() const { return state_ == State::ready && dialect_ != Dialect::documented; }
  [[nodiscard]] const Terms& terms() const { return terms_; }
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  std::string id_;
  Offer offer_;
  WireLimits limits_;
  HandshakeTimeouts timeouts_;
  State state_ = State::unconnected;
  Dialect dialect_ = Dialect::documented;
  bool without_offer_ = false;
  unsigned unanswered_ = 0;  // connections in a row on which REGISTER got no answer
  Terms terms_;
  Error error_;
};

}  // namespace ece465::wire
