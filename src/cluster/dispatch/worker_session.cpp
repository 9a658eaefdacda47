#include "dispatch/worker_session.hpp"

#include <algorithm>
#include <array>

#include "ece465/wire/checksum.hpp"
#include "model/capabilities.hpp"

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::Outcome;
using mapreduce::Phase;
using wire::Dialect;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTablesHeld = 16;  // by a worker: PROTOCOL section 5
constexpr std::uint32_t kRequestsHeld = 64;

wire::TaskId task_id(AttemptId attempt) { return wire::TaskId{attempt.value}; }

std::string_view reason_text(mapreduce::CloseReason reason) {
  switch (reason) {
    case mapreduce::CloseReason::left: return "it left in good order";
    case mapreduce::CloseReason::silent: return "nothing was heard from it";
    case mapreduce::CloseReason::overdue: return "a request stayed unanswered for too long";
    case mapreduce::CloseReason::lying: return "its answers were wrong too often";
    case mapreduce::CloseReason::failing: return "it failed too often";
  }
  return "";
}

}  // namespace

WorkerSession::WorkerSession(net::Stream stream, SessionHost& host, Coordinator& coordinator,
                             wire::DialectCache& dialects, Logger& logger, const SessionOptions& options)
    : stream_(std::move(stream)),
      reader_(stream_, options.limits.max_line_bytes),
      host_(host),
      coordinator_(coordinator),
      logger_(logger),
      options_(options),
      handshake_(dialects, options.terms, options.limits, options.handshake),
      wake_(stream_.executor()),
      connected_(wall_now()),
      last_heard_(connected_) {}

// --- Beginning and end ---

net::Task<void> WorkerSession::run() {
  const auto self = shared_from_this();
  auto outcome = co_await shake_hands();
  if (outcome) {
    host_.registered(self);
    asio::co_spawn(stream_.executor(), write_all(self), asio::detached);
    joined_ = true;
    worker_ = coordinator_.join(self, spec());
    outcome = co_await read_all();
  }
  ended_ = true;
  if (why_.empty() && !outcome) why_ = outcome.error().text();
  queue_.clear();
  wake_.notify();
  stream_.close();
  requests_.clear();
  if (joined_) {
    coordinator_.lost(worker_);
    host_.gone(self, why_);
  } else {
    // Whoever connects and goes without a word wanted to know whether the port is open: probes do so every few seconds.
    logger_.log(only_looked_ ? LogLevel::debug : LogLevel::info, "a connection did not become a worker",
                {{"peer", stream_.peer()}, {"reason", why_}});
  }
}

net::Task<Result<void>> WorkerSession::shake_hands() {
  using State = wire::MasterHandshake::State;
  wire::Step step = handshake_.start();
  auto deadline = Clock::now() + options_.handshake.registration;
  for (;;) {
    if (!step.send.empty()) ECE465_CO_TRY(co_await stream_.write(as_bytes(step.send), options_.stuck));
    if (step.deadline) deadline = Clock::now() + *step.deadline;
    if (handshake_.state() == State::ready) co_return Result<void>{};
    if (handshake_.state() == State::failed) co_return std::unexpected(handshake_.error());
    auto next = co_await hear(std::max(net::Duration::zero(), net::Duration(deadline - Clock::now())));
    if (!next) co_return std::unexpected(std::move(next).error());
    step = *std::move(next);
  }
}

/// Waits for the next line and tells the handshake.
net::Task<Result<wire::Step>> WorkerSession::hear(net::Duration limit) {
  auto line = co_await reader_.line(limit);
  if (!line) {
    if (ended_) co_return fail(Errc::cancelled, "{}", why_);
    if (line.error().code == Errc::timeout) co_return handshake_.on_deadline();
    if (line.error().code == Errc::too_large) co_return handshake_.on_error(line.error());
    handshake_.on_disconnect();
    only_looked_ = stream_.bytes_read() == 0;
    co_return wire::Step{};
  }
  auto header = wire::parse_header(*line, handshake_.peer());
  if (!header) co_return handshake_.on_error(header.error());
  if (header->counts_line_follows) {
    auto counts = co_await reader_.line(options_.stuck);
    if (!counts) co_return handshake_.on_error(counts.error());
    if (auto added = wire::add_counts_line(*header, *counts, handshake_.peer()); !added) {
      co_return handshake_.on_error(added.error());
    }
  }
  // Under the name that it registered with, once it has: nobody speaks for another.
  if (const auto* log = std::get_if<wire::Log>(&header->message))
    host_.said(id().empty() ? log->worker : id(), log->text);
  co_return handshake_.on(*header);
}

mapreduce::WorkerSpec WorkerSession::spec() const {
  if (dialect() != Dialect::v2) {
    mapreduce::WorkerSpec old = mapreduce::WorkerSpec::one_at_a_time();
    old.skills = 0;
    return old;
  }
  const wire::Offer& offer = handshake_.registration().offer;
  mapreduce::Skills skills = kSixteenBits;
  for (const auto& name : offer.maps) {
    if (const auto kind = text::parse_kind(name)) skills |= skill_of(*kind);
  }
  return {.credit_bytes = offer.credit_bytes,
          .max_tasks = kRequestsHeld,
          .keep_bytes = offer.memory_bytes,
          .skills = skills,
          .heartbeat = true,
          .drops = true};
}

void WorkerSession::say_bye() {
  if (ended_) return;
  if (!joined_ || dialect() != Dialect::v2) return hang_up("this master stops");
  send_line(wire::Bye{});
}

void WorkerSession::hang_up(std::string_view why) {
  if (ended_) return;
  ended_ = true;
  why_ = why;
  wake_.notify();
  stream_.close();
}

void WorkerSession::close(mapreduce::CloseReason reason) {
  if (ended_) return;
  if (reason != mapreduce::CloseReason::left) return hang_up(reason_text(reason));
  // What is queued (the answer to its BYE) still goes out; the worker closes then, or the writer does.
  why_ = reason_text(reason);
  closing_ = true;
  wake_.notify();
}

WorkerStatus WorkerSession::status() const {
  WorkerStatus status;
  status.id = id();
  status.peer = stream_.peer();
  status.dialect = wire::dialect_name(dialect());
  status.threads = dialect() == Dialect::v2 ? handshake_.registration().offer.threads : 1;
  if (const auto view = coordinator_.scheduler().worker(worker_)) status.view = *view;
  status.connected = connected_;
  status.last_heard = last_heard_;
  return status;
}

// --- Out ---

void WorkerSession::send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& page) {
  Request request;
  request.page = page;
  request.strip = order.task.strip;
  request.phase = order.phase;
  requests_.emplace(order.attempt, std::move(request));
  if (order.from) {
    send_request(order, page, {});
  } else {
    asio::co_spawn(stream_.executor(), prepare(shared_from_this(), order, page), asio::detached);
  }
}

net::Task<void> WorkerSession::prepare(std::shared_ptr<WorkerSession> self, mapreduce::Send order,
                                       std::shared_ptr<JobHandler> page) {
  auto pixels = co_await page->pixels(order.task.strip, order.phase);
  // It may have been dropped, or the worker lost, while the pixels were read.
  const auto request = self->requests_.find(order.attempt);
  if (self->ended_ || request == self->requests_.end()) co_return;
  if (pixels) {
    request->second.loaded = pixels->loaded;
    self->send_request(order, page, *std::move(pixels));
  } else {
    self->requests_.erase(request);
    self->coordinator_.answered(self->worker_, order.attempt, Outcome::dropped);
  }
}

void WorkerSession::send_request(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& page,
                                 JobHandler::Pixels pixels) {
  Frame frame;
  const std::uint64_t size = pixels.bytes.size();
  if (size > 0) frame.pieces.push_back(pixels.bytes);
  frame.lent = std::move(pixels.lent);
  if (frame.lent) {
    frame.lent->on_revoke = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->hang_up("it takes its strips too slowly");
    };
  }
  frame.attempt = order.attempt;
  frame.page = page;
  frame.phase = order.phase;
  if (const auto kind = page->map_kind()) {
    send_map(frame, order, *kind, size);
  } else if (order.phase == Phase::map) {
    send_count(frame, order, size);
  } else {
    send_apply(frame, order, size);
  }
  push(std::move(frame));
}

namespace {

std::optional<std::uint64_t> checksum_of(std::span<const Bytes> pieces, bool wanted) {
  if (!wanted || pieces.empty()) return std::nullopt;
  wire::Checksum sum;
  for (const Bytes piece : pieces) sum.update(piece);
  return sum.value();
}

}  // namespace

void WorkerSession::send_map(Frame& frame, const mapreduce::Send& order, text::Kind kind, std::uint64_t size) {
  wire::Map message;
  message.task = task_id(order.attempt);
  message.kind = text::kind_name(kind);
  message.size = size;
  message.checksum = checksum_of(frame.pieces, handshake_.terms().checksum);
  wire::append_header(frame.header, message, Dialect::v2);
}

void WorkerSession::send_count(Frame& frame, const mapreduce::Send& order, std::uint64_t size) {
  wire::CalcHist message;
  message.id.task = task_id(order.attempt);
  message.id.job = fmt::format("{}{}", kAttemptPrefix, order.attempt.value);
  message.size = size;
  message.bits = frame.page->bits();
  message.keep = order.keep;
  message.checksum = checksum_of(frame.pieces, dialect() == Dialect::v2 && handshake_.terms().checksum);
  wire::append_header(frame.header, message, dialect());
}

void WorkerSession::send_apply(Frame& frame, const mapreduce::Send& order, std::uint64_t size) {
  wire::ApplyCdf message;
  message.id.task = task_id(order.attempt);
  message.id.job = fmt::format("{}{}", kAttemptPrefix, order.attempt.value);
  message.size = size;
  message.bits = frame.page->bits();
  const Bytes table = frame.page->table(order.task.strip);
  if (dialect() != Dialect::v2) {
    frame.pieces.insert(frame.pieces.begin(), table);
    wire::append_header(frame.header, message, dialect());
    return;
  }
  const bool checksums = handshake_.terms().checksum;
  const wire::TableId table_id = frame.page->table_id(order.task.strip);
  if (std::ranges::find(tables_, table_id) == tables_.end()) {
    tables_.push_back(table_id);
    if (tables_.size() > kTablesHeld) tables_.pop_front();
    wire::Table held;
    held.table = table_id;
    held.size = table.size();
    const std::array<Bytes, 1> body{table};
    held.checksum = checksum_of(body, checksums);
    Frame first;
    wire::append_header(first.header, held, Dialect::v2);
    first.pieces.push_back(table);
    first.page = frame.page;
    first.phase = Phase::apply;
    push(std::move(first));
  }
  message.table = table_id;
  if (order.from) message.from = task_id(*order.from);
  message.checksum = checksum_of(frame.pieces, checksums);
  wire::append_header(frame.header, message, Dialect::v2);
}

void WorkerSession::send_line(const wire::Message& message) {
  Frame frame;
  wire::append_header(frame.header, message, dialect());
  push(std::move(frame));
}

void WorkerSession::push(Frame frame) {
  if (ended_) return;
  queue_.push_back(std::move(frame));
  if (!writing_) wake_.notify();
}

net::Task<void> WorkerSession::write_all(std::shared_ptr<WorkerSession> self) {
  std::vector<Bytes> buffers;
  while (!self->ended_) {
    if (self->queue_.empty()) {
      if (self->closing_) break;
      co_await self->wake_.wait();
      continue;
    }
    Frame frame = std::move(self->queue_.front());
    self->queue_.pop_front();
    if (const auto at = self->requests_.find(frame.attempt.value_or(AttemptId{})); at != self->requests_.end()) {
      at->second.begun = true;
    }
    buffers.assign(1, as_bytes(frame.header));
    buffers.insert(buffers.end(), frame.pieces.begin(), frame.pieces.end());
    std::uint64_t size = 0;
    for (const Bytes buffer : buffers) size += buffer.size();
    self->writing_ = true;
    const auto written = co_await self->stream_.write(buffers, self->options_.stuck);
    self->writing_ = false;
    self->host_.moved(size, 0);
    if (frame.page) frame.page->moved(frame.phase, size, 0);
    if (!written) self->hang_up(written.error().text());
  }
  if (!self->ended_) self->stream_.end_writing();
}

void WorkerSession::drop(AttemptId attempt) {
  const auto request = requests_.find(attempt);
  const auto queued =
      std::ranges::find(queue_, attempt, [](const Frame& frame) { return frame.attempt.value_or(AttemptId{}); });
  if (request != requests_.end() && !request->second.begun) {  // nothing of it has gone out, so nothing will come back
    if (queued != queue_.end()) queue_.erase(queued);
    requests_.erase(request);
    coordinator_.answered(worker_, attempt, Outcome::dropped);
    return;
  }
  if (dialect() != Dialect::v2) return;
  wire::Drop message;
  message.task = task_id(attempt);
  send_line(message);
}

void WorkerSession::ping() {
  wire::Ping message;
  message.number = ++pings_;
  send_line(message);
}

}  // namespace ece465::cluster
