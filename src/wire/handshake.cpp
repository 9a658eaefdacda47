#include <algorithm>
#include <utility>

#include "ece465/wire/handshake.hpp"
#include "keywords.hpp"

namespace ece465::wire {
namespace {

/// The job id of the probe in the course dialect: shaped as its masters' ids, of which the first is job_1.
constexpr std::string_view kProbeJob = "job_0";

}  // namespace

MasterHandshake::MasterHandshake(DialectCache& memory, Terms terms, const WireLimits& limits,
                                 const HandshakeTimeouts& times)
    : memory_(memory), terms_(terms), limits_(limits), times_(times) {}

Step MasterHandshake::start() const { return {{}, times_.registration}; }

Peer MasterHandshake::peer() const {
  return {Sender::worker, state_ == State::ready && dialect_ == Dialect::v2, limits_};
}

Step MasterHandshake::on(const Header& header) {
  if (const auto* registration = std::get_if<Register>(&header.message)) {
    if (state_ == State::registering) return on_register(*registration, header.dialect);
    return on_error({Errc::corrupt, "REGISTER came twice"});
  }
  switch (state_) {
    case State::registering:
      if (std::holds_alternative<Ignored>(header.message) || std::holds_alternative<Log>(header.message)) return {};
      return on_error({Errc::corrupt, fmt::format("{} came before REGISTER", name_of(header.message))});
    case State::settling:
      // Course-code workers send their first LOG when, and only when, they have read ACK_REGISTER.
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
  if (std::holds_alternative<Ignored>(header.message) || std::holds_alternative<Log>(header.message)) return {};
  return on_error({Errc::corrupt, fmt::format("{} answers nothing that was asked", name_of(header.message))});
}

Step MasterHandshake::on_register(const Register& registration, Dialect shape) {
  registration_ = registration;
  if (shape == Dialect::v2) {
    terms_.version = kVersion;
    terms_.checksum = terms_.checksum && registration.offer.checksum;
    memory_.forget(registration.worker);
    state_ = State::ready;
    dialect_ = Dialect::v2;
    return {to_line(Registered{terms_}, Dialect::v2), {}};
  }
  attempt_ = memory_.begin(registration.worker);
  state_ = State::settling;
  const bool course = attempt_.approach == Approach::course;
  return {to_line(Registered{}, course ? Dialect::course : Dialect::documented), times_.settle};
}

Step MasterHandshake::on_deadline() {
  switch (state_) {
    case State::registering: give_up(Errc::timeout, "REGISTER did not come in time"); return {};
    case State::settling: return probe();
    case State::probing: give_up(Errc::timeout, "the probe was not answered in time"); return {};
    case State::ready:
    case State::failed: return {};
  }
  return {};
}

Step MasterHandshake::probe() {
  state_ = State::probing;
  CalcHist request;
  Step step{{}, times_.probe};
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
  memory_.succeeded(registration_.worker, attempt_);
  state_ = State::ready;
  dialect_ = dialect;
  return {};
}

void MasterHandshake::on_disconnect() { give_up(Errc::unavailable, "the worker hung up"); }

Step MasterHandshake::on_error(const Error& error) {
  Step step;
  // Nobody is registered yet, so whoever it is, a person may be looking at its log.
  if (state_ == State::registering) {
    step.send = to_line(ErrorReport{ErrorCode::refused, {}, error.text()}, Dialect::v2);
  }
  give_up(error.code, error.text());
  return step;
}

void MasterHandshake::give_up(Errc code, std::string why) {
  if (state_ == State::settling || state_ == State::probing) memory_.failed(registration_.worker, attempt_);
  if (state_ == State::ready || state_ == State::failed) return;
  state_ = State::failed;
  error_ = {code, std::move(why)};
}

}  // namespace ece465::wire
