#include "ece465/wire/handshake.hpp"

#include <utility>

#include "keywords.hpp"

namespace ece465::wire {
namespace {

/// The probe's job id in the course dialect: of the same form as its masters' ids, the first of which is job_1.
constexpr std::string_view kProbeJob = "job_0";

bool is_log_or_ignored(const Message& message) {
  return std::holds_alternative<Ignored>(message) || std::holds_alternative<Log>(message);
}

}  // namespace

MasterHandshake::MasterHandshake(DialectCache& dialects, Terms terms, const WireLimits& limits,
                                 const HandshakeTimeouts& timeouts)
    : dialects_(dialects), terms_(terms), limits_(limits), timeouts_(timeouts) {}

Step MasterHandshake::start() const { return {{}, timeouts_.registration}; }

Peer MasterHandshake::peer() const {
  return {Sender::worker, state_ == State::ready && dialect_ == Dialect::v2, limits_};
}

Step MasterHandshake::on(const Header& header) {
  if (const auto* registration = std::get_if<Register>(&header.message)) {
    if (state_ == State::registering) return on_register(*registration, header.dialect);
    return on_error({Errc::corrupt, "second REGISTER"});
  }
  switch (state_) {
    case State::registering:
      if (is_log_or_ignored(header.message)) return {};
      return on_error({Errc::corrupt, fmt::format("{} before REGISTER", name_of(header.message))});
    case State::settling:
      // Course workers send their first LOG as soon as, and only if, they have read ACK_REGISTER.
      if (std::holds_alternative<Log>(header.message) && attempt_.approach == Approach::course) {
        return become_ready(Dialect::course);
      }
      break;
    case State::probing:
      if (std::holds_alternative<HistResult>(header.message)) {
        const Dialect spoken = attempt_.approach == Approach::course ? Dialect::course : Dialect::documented;
        if (header.dialect == spoken) return become_ready(spoken);
      }
      break;
    case State::ready:
    case State::failed: return {};
  }
  if (is_log_or_ignored(header.message)) return {};
  return on_error({Errc::corrupt, fmt::format("unexpected {}", name_of(header.message))});
}

Step MasterHandshake::on_register(const Register& registration, Dialect shape) {
  registration_ = registration;
  if (shape == Dialect::v2) {
    terms_.version = kVersion;
    terms_.checksum = terms_.checksum && registration.offer.checksum;
    dialects_.forget(registration.worker);
    state_ = State::ready;
    dialect_ = Dialect::v2;
    return {to_line(Registered{terms_}, Dialect::v2), {}};
  }
  attempt_ = dialects_.begin(registration.worker);
  state_ = State::settling;
  const bool course = attempt_.approach == Approach::course;
  return {to_line(Registered{}, course ? Dialect::course : Dialect::documented), timeouts_.probe_delay};
}

Step MasterHandshake::on_deadline() {
  switch (state_) {
    case State::registering: give_up(Errc::timeout, "no REGISTER in time"); return {};
    case State::settling: return probe();
    case State::probing: give_up(Errc::timeout, "no answer to the probe in time"); return {};
    case State::ready:
    case State::failed: return {};
  }
  return {};
}

Step MasterHandshake::probe() {
  state_ = State::probing;
  CalcHist request;
  Step step{{}, timeouts_.probe};
  switch (attempt_.approach) {
    case Approach::documented: append_header(step.send, request, Dialect::documented); break;
    case Approach::course:
      request.id.job = kProbeJob;
      append_header(step.send, request, Dialect::course);
      break;
    case Approach::documented_one_byte:
      request.size = 1;
      append_header(step.send, request, Dialect::documented);
      step.send += '\0';
      break;
  }
  return step;
}

Step MasterHandshake::become_ready(Dialect dialect) {
  dialects_.succeeded(registration_.worker, attempt_);
  state_ = State::ready;
  dialect_ = dialect;
  return {};
}

void MasterHandshake::on_disconnect() { give_up(Errc::unavailable, "the worker hung up"); }

Step MasterHandshake::on_error(const Error& error) {
  Step step;
  // The peer is not registered yet, so its dialect is unknown; a person may read its log.
  if (state_ == State::registering) {
    step.send = to_line(ErrorReport{ErrorCode::refused, {}, error.text()}, Dialect::v2);
  }
  give_up(error.code, error.text());
  return step;
}

void MasterHandshake::give_up(Errc code, std::string why) {
  if (state_ == State::settling || state_ == State::probing) dialects_.failed(registration_.worker, attempt_);
  if (state_ == State::ready || state_ == State::failed) return;
  state_ = State::failed;
  error_ = {code, std::move(why)};
}

WorkerHandshake::WorkerHandshake(std::string id, Offer offer, const WireLimits& limits,
                                 const HandshakeTimeouts& timeouts)
    : id_(std::move(id)), offer_(std::move(offer)), limits_(limits), timeouts_(timeouts) {
  offer_.version = kVersion;
}

Step WorkerHandshake::start() {
  state_ = State::registering;
  without_offer_ = unanswered_ % 3 == 2;
  terms_ = {};
  error_ = {};
  return {to_line(Register{id_, offer_}, without_offer_ ? Dialect::documented : Dialect::v2), timeouts_.registration};
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
    // 1: the next connection makes the offer once more, in case the master has been replaced.
    case State::ready: unanswered_ = without_offer_ ? 1 : 0; break;
  }
  state_ = State::unconnected;
}

}  // namespace ece465::wire
