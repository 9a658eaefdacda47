#include <algorithm>
#include <array>
#include <charconv>

#include "dispatch/worker_session.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/checksum.hpp"
#include "ece465/wire/histogram_codec.hpp"

/// Messages from a worker.

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::Outcome;
using mapreduce::Phase;
using wire::Dialect;

namespace {

/// Between messages there is no timeout: the scheduler handles overdue answers and silent workers.
constexpr auto kNoTimeout = std::chrono::hours(24);

Outcome outcome_of(wire::ErrorCode code) {
  switch (code) {
    case wire::ErrorCode::no_chunk:
    case wire::ErrorCode::no_table: return Outcome::not_kept;
    case wire::ErrorCode::dropped:
    case wire::ErrorCode::leaving: return Outcome::dropped;
    default: return Outcome::failed;
  }
}

}  // namespace

net::Task<Result<void>> WorkerSession::read_all() {
  while (!ended_) {
    auto line = co_await reader_.line(kNoTimeout);
    if (!line && line.error().code == Errc::timeout) continue;
    if (!line) co_return std::unexpected(std::move(line).error());
    last_heard_ = wall_now();
    auto header = co_await parse(*line);
    if (!header) {
      // The position of the next message is unknown.
      if (dialect() == Dialect::v2) {
        wire::ErrorReport report;
        report.code = wire::ErrorCode::bad_request;
        report.text = header.error().text();
        const std::string message = wire::to_line(report, Dialect::v2);
        ended_ = true;  // the writer stops after its current message
        if (!writing_) std::ignore = co_await stream_.write(as_bytes(message), options_.stall_timeout);
      }
      co_return std::unexpected(std::move(header).error());
    }
    ECE465_CO_TRY(co_await handle(*std::move(header)));
    const std::uint64_t read = stream_.bytes_read();
    host_.on_transfer(0, read - std::exchange(reported_bytes_, read));
  }
  co_return fail(Errc::cancelled, "{}", end_reason_);
}

net::Task<Result<void>> WorkerSession::handle(wire::Header header) {
  coordinator_.heard(worker_);
  if (auto* counts = std::get_if<wire::HistResult>(&header.message)) {
    co_return co_await handle_counts(std::move(*counts));
  }
  if (auto* samples = std::get_if<wire::CdfResult>(&header.message)) {
    co_return co_await handle_samples(std::move(*samples));
  }
  if (const auto* result = std::get_if<wire::MapResult>(&header.message)) {
    co_return co_await handle_result(*result);
  }
  if (const auto* error = std::get_if<wire::ErrorReport>(&header.message)) {
    if (!error->task) co_return fail(Errc::unavailable, "it reported: {}", error->text);
    handle_error(*error);
  } else if (const auto* ping = std::get_if<wire::Ping>(&header.message)) {
    wire::Pong pong;
    pong.number = ping->number;
    send_line(pong);
  } else if (const auto* log = std::get_if<wire::Log>(&header.message)) {
    host_.on_log(id(), log->text);
  } else if (std::holds_alternative<wire::Bye>(header.message)) {
    send_line(wire::Bye{});
    coordinator_.leaving(worker_);
  } else if (const auto* unknown = std::get_if<wire::Ignored>(&header.message)) {
    ECE465_CO_TRY(co_await skip(unknown->skip_bytes));
  } else if (wire::body_bytes(header.message) > 0) {
    ECE465_CO_TRY(co_await skip(wire::body_bytes(header.message)));
  }
  co_return Result<void>{};
}

std::optional<AttemptId> WorkerSession::attempt_of(const wire::RequestId& id) const {
  if (dialect() == Dialect::v2) return AttemptId{std::to_underlying(id.task)};
  if (dialect() == Dialect::documented) {  // one request at a time
    return requests_.empty() ? std::nullopt : std::optional(requests_.begin()->first);
  }
  std::uint64_t number = 0;
  const std::string_view job = id.job;
  if (!job.starts_with(kAttemptPrefix)) return std::nullopt;
  const auto [end, code] = std::from_chars(job.data() + kAttemptPrefix.size(), job.data() + job.size(), number);
  return code == std::errc{} && end == job.data() + job.size() ? std::optional(AttemptId{number}) : std::nullopt;
}

std::optional<std::pair<AttemptId, WorkerSession::Request>> WorkerSession::take_request(const wire::RequestId& id) {
  const auto attempt = attempt_of(id);
  const auto at = attempt ? requests_.find(*attempt) : requests_.end();
  if (at == requests_.end() || !at->second.started) return std::nullopt;
  auto closed = std::pair(at->first, std::move(at->second));
  requests_.erase(at);
  return closed;
}

Check WorkerSession::check_level() const {
  return dialect() == Dialect::v2 && handshake_.terms().checksum ? Check::sampled : Check::full;
}

void WorkerSession::report_invalid(AttemptId attempt, std::string_view reason) {
  logger_.warn("invalid result", {{"worker", id()}, {"attempt", attempt.value}, {"reason", reason}});
  coordinator_.answered(worker_, attempt, Outcome::invalid_result);
}

std::unexpected<Error> WorkerSession::reject(AttemptId attempt, const std::string& reason) {
  report_invalid(attempt, reason);
  return fail(Errc::corrupt, "it answered with {}", reason);
}

void WorkerSession::report_checked(AttemptId attempt, const Result<void>& checked, Answer answer) {
  if (checked) {
    coordinator_.answered(worker_, attempt, Outcome::good, std::move(answer));
  } else if (checked.error().code == Errc::corrupt) {
    report_invalid(attempt, checked.error().text());
  } else {
    coordinator_.answered(worker_, attempt, Outcome::dropped);
  }
}

template <class Message>
Result<void> WorkerSession::check_body(const Message& message, AttemptId attempt, Bytes body) {
  if (dialect() != Dialect::v2) return {};
  auto valid = wire::check_body(message, wire::checksum(body), handshake_.terms().checksum);
  if (!valid) report_invalid(attempt, valid.error().text());
  return valid;
}

net::Task<Result<void>> WorkerSession::handle_counts(wire::HistResult message) {
  auto closed = take_request(message.id);
  if (!closed) co_return co_await skip(message.size);  // a duplicate, or an unrequested answer
  const auto& [attempt, request] = *closed;
  if (request.phase != Phase::map || request.handler->map_kind()) {
    co_return reject(attempt, "a histogram that was not requested");
  }
  const std::size_t levels = std::size_t{1} << request.handler->bits();
  if (message.size > wire::max_packed_bytes(levels)) {
    co_return reject(attempt, fmt::format("a histogram of {} bytes", message.size));
  }
  Buffer body(message.size);
  ECE465_CO_TRY(co_await reader_.read_exactly(body.span(), options_.stall_timeout));
  request.handler->on_transfer(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_body(message, attempt, body.span()));
  Answer answer;
  answer.counts.resize(levels);
  auto valid = wire::read_counts(message, body.span(), answer.counts);
  if (valid) valid = co_await request.handler->check_counts(request.strip, answer.counts, check_level());
  report_checked(attempt, valid, std::move(answer));
  co_return Result<void>{};
}

net::Task<Result<void>> WorkerSession::handle_samples(wire::CdfResult message) {
  auto closed = take_request(message.id);
  if (!closed) co_return co_await skip(message.size);
  auto& [attempt, request] = *closed;
  if (request.phase != Phase::apply || message.size != request.handler->strip_bytes(request.strip)) {
    co_return reject(attempt, fmt::format("{} bytes of samples", message.size));
  }
  Buffer body(message.size);
  ECE465_CO_TRY(co_await reader_.read_exactly(body.span(), options_.stall_timeout));
  request.handler->on_transfer(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_body(message, attempt, body.span()));
  // Checking it may read from the file. Meanwhile the next answer can be received.
  net::spawn(stream_.executor(), check_samples(shared_from_this(), attempt, std::move(request), std::move(body)));
  co_return Result<void>{};
}

net::Task<Result<void>> WorkerSession::handle_result(wire::MapResult message) {
  wire::RequestId id;
  id.task = message.task;
  auto closed = take_request(id);
  if (!closed) co_return co_await skip(message.size);
  auto& [attempt, request] = *closed;
  if (!request.handler->map_kind()) {
    co_return reject(attempt, "a MAP result that was not requested");
  }
  if (message.size > text::max_result_bytes(request.handler->strip_bytes(request.strip))) {
    co_return reject(attempt, fmt::format("a MAP result of {} bytes", message.size));
  }
  std::string body(message.size, '\0');
  const MutableBytes bytes = std::as_writable_bytes(std::span(body));
  ECE465_CO_TRY(co_await reader_.read_exactly(bytes, options_.stall_timeout));
  request.handler->on_transfer(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_body(message, attempt, bytes));
  net::spawn(stream_.executor(), check_result(shared_from_this(), attempt, std::move(request), std::move(body)));
  co_return Result<void>{};
}

net::Task<void> WorkerSession::check_result(std::shared_ptr<WorkerSession> self, AttemptId attempt, Request request,
                                            std::string result) {
  const auto valid = co_await request.handler->check_result(request.strip, result, self->check_level());
  Answer answer;
  answer.result = std::move(result);
  self->report_checked(attempt, valid, std::move(answer));
}

net::Task<void> WorkerSession::check_samples(std::shared_ptr<WorkerSession> self, AttemptId attempt, Request request,
                                             Buffer samples) {
  auto loaded = co_await request.handler->check_mapped(request.strip, samples.span(), self->check_level());
  Result<void> valid;
  Answer answer;
  if (loaded) {
    answer.samples = std::move(samples);
    answer.loaded = *std::move(loaded);
  } else {
    valid = std::unexpected(std::move(loaded).error());
  }
  self->report_checked(attempt, valid, std::move(answer));
}

void WorkerSession::handle_error(const wire::ErrorReport& report) {
  wire::RequestId id;
  id.task = *report.task;
  const auto closed = take_request(id);
  if (!closed) return;
  if (report.code == wire::ErrorCode::no_table)
    std::erase(tables_, closed->second.handler->table_id(closed->second.strip));
  if (outcome_of(report.code) == Outcome::failed) {
    logger_.warn("a worker failed",
                 {{"worker", this->id()}, {"code", wire::error_code_name(report.code)}, {"reason", report.text}});
  }
  coordinator_.answered(worker_, closed->first, outcome_of(report.code));
}

net::Task<Result<void>> WorkerSession::skip(std::uint64_t bytes) {
  std::array<std::byte, 4096> discarded;
  while (bytes > 0) {
    const MutableBytes part(discarded.data(), std::min<std::uint64_t>(bytes, discarded.size()));
    ECE465_CO_TRY(co_await reader_.read_exactly(part, options_.stall_timeout));
    bytes -= part.size();
  }
  co_return Result<void>{};
}

}  // namespace ece465::cluster
