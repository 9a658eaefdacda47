#include <algorithm>
#include <array>
#include <charconv>

#include "dispatch/worker_session.hpp"
#include "ece465/text/tally.hpp"
#include "ece465/wire/checksum.hpp"
#include "ece465/wire/histogram_codec.hpp"

/// What comes in from a worker.

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::Outcome;
using mapreduce::Phase;
using wire::Dialect;

namespace {

/// Between two lines there is no deadline: the scheduler knows what is overdue and who is silent.
constexpr auto kAnyTime = std::chrono::hours(24);

/// What an ERROR says about the attempt that it answers.
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
    auto line = co_await reader_.line(kAnyTime);
    if (!line && line.error().code == Errc::timeout) continue;
    if (!line) co_return std::unexpected(std::move(line).error());
    last_heard_ = wall_now();
    header_bytes_ = line->size() + 1;
    auto header = wire::parse_header(*line, handshake_.peer());
    if (header && header->counts_line_follows) {
      auto counts = co_await reader_.line(options_.stuck);
      if (!counts) co_return std::unexpected(std::move(counts).error());
      header_bytes_ += counts->size() + 1;
      if (auto added = wire::add_counts_line(*header, *counts, handshake_.peer()); !added) {
        header = std::unexpected(std::move(added).error());
      }
    }
    if (!header) {
      // Where the next message begins is not known any more.
      if (dialect() == Dialect::v2) {
        wire::ErrorReport report;
        report.code = wire::ErrorCode::bad_request;
        report.text = header.error().text();
        const std::string words = wire::to_line(report, Dialect::v2);
        ended_ = true;  // whoever writes stops after what it is at
        if (!writing_) std::ignore = co_await stream_.write(as_bytes(words), options_.stuck);
      }
      co_return std::unexpected(std::move(header).error());
    }
    ECE465_CO_TRY(co_await take(*std::move(header)));
    const std::uint64_t read = stream_.bytes_read();
    host_.moved(0, read - std::exchange(read_told_, read));
  }
  co_return fail(Errc::cancelled, "{}", why_);
}

net::Task<Result<void>> WorkerSession::take(wire::Header header) {
  coordinator_.heard(worker_);
  if (auto* counts = std::get_if<wire::HistResult>(&header.message)) {
    co_return co_await take_counts(std::move(*counts));
  }
  if (auto* samples = std::get_if<wire::CdfResult>(&header.message)) {
    co_return co_await take_samples(std::move(*samples));
  }
  if (const auto* result = std::get_if<wire::MapResult>(&header.message)) {
    co_return co_await take_result(*result);
  }
  if (const auto* error = std::get_if<wire::ErrorReport>(&header.message)) {
    if (!error->task) co_return fail(Errc::unavailable, "it said: {}", error->text);
    take_error(*error);
  } else if (const auto* ping = std::get_if<wire::Ping>(&header.message)) {
    wire::Pong pong;
    pong.number = ping->number;
    send_line(pong);
  } else if (const auto* log = std::get_if<wire::Log>(&header.message)) {
    host_.said(id(), log->text);
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
  if (dialect() == Dialect::documented) {  // answers come in order, and one request is open
    return requests_.empty() ? std::nullopt : std::optional(requests_.begin()->first);
  }
  std::uint64_t number = 0;
  const std::string_view job = id.job;
  if (!job.starts_with(kAttemptPrefix)) return std::nullopt;
  const auto [end, code] = std::from_chars(job.data() + kAttemptPrefix.size(), job.data() + job.size(), number);
  return code == std::errc{} && end == job.data() + job.size() ? std::optional(AttemptId{number}) : std::nullopt;
}

std::optional<std::pair<AttemptId, WorkerSession::Request>> WorkerSession::close_request(const wire::RequestId& id) {
  const auto attempt = attempt_of(id);
  const auto at = attempt ? requests_.find(*attempt) : requests_.end();
  if (at == requests_.end() || !at->second.begun) return std::nullopt;
  auto closed = std::pair(at->first, std::move(at->second));
  requests_.erase(at);
  return closed;
}

Check WorkerSession::scrutiny() const {
  return dialect() == Dialect::v2 && handshake_.terms().checksum ? Check::places : Check::all;
}

void WorkerSession::lied(AttemptId attempt, std::string_view how) {
  logger_.warn("an answer was wrong", {{"worker", id()}, {"attempt", attempt.value}, {"reason", how}});
  coordinator_.answered(worker_, attempt, Outcome::lie);
}

void WorkerSession::judged(AttemptId attempt, const Result<void>& fine, Answer answer) {
  if (fine) {
    coordinator_.answered(worker_, attempt, Outcome::good, std::move(answer));
  } else if (fine.error().code == Errc::corrupt) {
    lied(attempt, fine.error().text());
  } else {
    coordinator_.answered(worker_, attempt, Outcome::dropped);
  }
}

template <class Message>
Result<void> WorkerSession::check_arrived(const Message& message, AttemptId attempt, Bytes body) {
  if (dialect() != Dialect::v2) return {};
  auto fine = wire::check_body(message, wire::checksum(body), handshake_.terms().checksum);
  if (!fine) lied(attempt, fine.error().text());
  return fine;
}

net::Task<Result<void>> WorkerSession::take_counts(wire::HistResult message) {
  auto closed = close_request(message.id);
  if (!closed) {  // a duplicate, or an answer to what was never asked
    co_return co_await skip(message.size);
  }
  const auto& [attempt, request] = *closed;
  if (request.phase != Phase::map || request.page->map_kind()) {
    lied(attempt, "a histogram instead of what was asked for");
    co_return fail(Errc::corrupt, "it answered something else than what was asked");
  }
  const std::size_t levels = std::size_t{1} << request.page->bits();
  if (message.size > wire::max_packed_bytes(levels)) {
    lied(attempt, "a histogram of impossible size");
    co_return fail(Errc::corrupt, "it announced a histogram of {} bytes", message.size);
  }
  Buffer body(message.size);
  ECE465_CO_TRY(co_await reader_.read_exactly(body.span(), options_.stuck));
  request.page->moved(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_arrived(message, attempt, body.span()));
  Answer answer;
  answer.counts.resize(levels);
  auto fine = wire::read_counts(message, body.span(), answer.counts);
  if (fine) fine = co_await request.page->check_counts(request.strip, answer.counts, scrutiny());
  judged(attempt, fine, std::move(answer));
  co_return Result<void>{};
}

net::Task<Result<void>> WorkerSession::take_samples(wire::CdfResult message) {
  auto closed = close_request(message.id);
  if (!closed) co_return co_await skip(message.size);
  auto& [attempt, request] = *closed;
  if (request.phase != Phase::apply || message.size != request.page->strip_bytes(request.strip)) {
    lied(attempt, "samples of the wrong size");
    co_return fail(Errc::corrupt, "it answered {} bytes", message.size);
  }
  Buffer body(message.size);
  if (auto read = co_await reader_.read_exactly(body.span(), options_.stuck); !read) {
    co_return std::unexpected(std::move(read).error());
  }
  request.page->moved(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_arrived(message, attempt, body.span()));
  // Looking at it may take a read from the file; meanwhile the next answer can come in.
  asio::co_spawn(stream_.executor(), judge(shared_from_this(), attempt, std::move(request), std::move(body)),
                 asio::detached);
  co_return Result<void>{};
}

net::Task<Result<void>> WorkerSession::take_result(wire::MapResult message) {
  wire::RequestId id;
  id.task = message.task;
  auto closed = close_request(id);
  if (!closed) co_return co_await skip(message.size);
  auto& [attempt, request] = *closed;
  if (!request.page->map_kind()) {
    lied(attempt, "a result of MAP instead of what was asked for");
    co_return fail(Errc::corrupt, "it answered something else than what was asked");
  }
  if (message.size > text::max_result_bytes(request.page->strip_bytes(request.strip))) {
    lied(attempt, "a result of impossible size");
    co_return fail(Errc::corrupt, "it announced a result of {} bytes", message.size);
  }
  std::string body(message.size, '\0');
  const MutableBytes bytes = std::as_writable_bytes(std::span(body));
  ECE465_CO_TRY(co_await reader_.read_exactly(bytes, options_.stuck));
  request.page->moved(request.phase, 0, header_bytes_ + body.size());
  ECE465_CO_TRY(check_arrived(message, attempt, bytes));
  asio::co_spawn(stream_.executor(), judge_result(shared_from_this(), attempt, std::move(request), std::move(body)),
                 asio::detached);
  co_return Result<void>{};
}

net::Task<void> WorkerSession::judge_result(std::shared_ptr<WorkerSession> self, AttemptId attempt, Request request,
                                            std::string result) {
  const auto fine = co_await request.page->check_result(request.strip, result, self->scrutiny());
  Answer answer;
  answer.result = std::move(result);
  self->judged(attempt, fine, std::move(answer));
}

net::Task<void> WorkerSession::judge(std::shared_ptr<WorkerSession> self, AttemptId attempt, Request request,
                                     Buffer samples) {
  auto loaded = co_await request.page->check_mapped(request.strip, samples.span(), self->scrutiny());
  Result<void> fine;
  Answer answer;
  if (loaded) {
    answer.samples = std::move(samples);
    answer.loaded = *std::move(loaded);
  } else {
    fine = std::unexpected(std::move(loaded).error());
  }
  self->judged(attempt, fine, std::move(answer));
}

void WorkerSession::take_error(const wire::ErrorReport& report) {
  wire::RequestId id;
  id.task = *report.task;
  const auto closed = close_request(id);
  if (!closed) return;
  if (report.code == wire::ErrorCode::no_table)
    std::erase(tables_, closed->second.page->table_id(closed->second.strip));
  if (outcome_of(report.code) == Outcome::failed) {
    logger_.warn("a worker could not do its work",
                 {{"worker", this->id()}, {"code", wire::error_code_name(report.code)}, {"reason", report.text}});
  }
  coordinator_.answered(worker_, closed->first, outcome_of(report.code));
}

net::Task<Result<void>> WorkerSession::skip(std::uint64_t bytes) {
  std::array<std::byte, 4096> waste;
  while (bytes > 0) {
    const MutableBytes piece(waste.data(), std::min<std::uint64_t>(bytes, waste.size()));
    ECE465_CO_TRY(co_await reader_.read_exactly(piece, options_.stuck));
    bytes -= piece.size();
  }
  co_return Result<void>{};
}

}  // namespace ece465::cluster
