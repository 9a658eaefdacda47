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

constexpr std::size_t kMaxTables = 16;      // per worker: PROTOCOL.md section 5
constexpr std::uint32_t kMaxRequests = 64;  // in flight per worker: PROTOCOL.md section 5

wire::TaskId task_id(AttemptId attempt) { return wire::TaskId{attempt.value}; }

std::string_view reason_text(mapreduce::CloseReason reason) {
  switch (reason) {
    case mapreduce::CloseReason::left: return "it left";
    case mapreduce::CloseReason::silent: return "it did not respond";
    case mapreduce::CloseReason::overdue: return "a request was not answered in time";
    case mapreduce::CloseReason::invalid_results: return "too many invalid results";
    case mapreduce::CloseReason::failing: return "too many failures";
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
  auto outcome = co_await handshake();
  if (outcome) {
    host_.on_registered(self);
    net::spawn(stream_.executor(), write_all(self));
    joined_ = true;
    worker_ = coordinator_.join(self, spec());
    outcome = co_await read_all();
  }
  ended_ = true;
  if (end_reason_.empty() && !outcome) end_reason_ = outcome.error().text();
  queue_.clear();
  wake_.notify();
  stream_.close();
  requests_.clear();
  if (joined_) {
    coordinator_.lost(worker_);
    host_.on_disconnected(self, end_reason_);
  } else {
    // Health probes connect every few seconds and disconnect without sending anything.
    logger_.log(probe_ ? LogLevel::debug : LogLevel::info, "connection did not register as a worker",
                {{"peer", stream_.peer()}, {"reason", end_reason_}});
  }
}

net::Task<Result<void>> WorkerSession::handshake() {
  using State = wire::MasterHandshake::State;
  wire::Step step = handshake_.start();
  auto deadline = Clock::now() + options_.handshake.registration;
  for (;;) {
    if (!step.send.empty()) ECE465_CO_TRY(co_await stream_.write(as_bytes(step.send), options_.stall_timeout));
    if (step.deadline) deadline = Clock::now() + *step.deadline;
    if (handshake_.state() == State::ready) co_return Result<void>{};
    if (handshake_.state() == State::failed) co_return std::unexpected(handshake_.error());
    auto next = co_await read_handshake(std::max(net::Duration::zero(), net::Duration(deadline - Clock::now())));
    if (!next) co_return std::unexpected(std::move(next).error());
    step = *std::move(next);
  }
}

/// Waits for the next line and feeds it to the handshake.
net::Task<Result<wire::Step>> WorkerSession::read_handshake(net::Duration limit) {
  auto line = co_await reader_.line(limit);
  if (!line) {
    if (ended_) co_return fail(Errc::cancelled, "{}", end_reason_);
    if (line.error().code == Errc::timeout) co_return handshake_.on_deadline();
    if (line.error().code == Errc::too_large) co_return handshake_.on_error(line.error());
    handshake_.on_disconnect();
    probe_ = stream_.bytes_read() == 0;
    co_return wire::Step{};
  }
  const auto header = co_await parse(*line);
  if (!header) co_return handshake_.on_error(header.error());
  // Once registered, a worker logs under its own name only.
  if (const auto* log = std::get_if<wire::Log>(&header->message))
    host_.on_log(id().empty() ? log->worker : id(), log->text);
  co_return handshake_.on(*header);
}

net::Task<Result<wire::Header>> WorkerSession::parse(std::string_view line) {
  header_bytes_ = line.size() + 1;
  ECE465_CO_ASSIGN(auto header, wire::parse_header(line, handshake_.peer()));
  if (header.counts_line_follows) {
    ECE465_CO_ASSIGN(const auto counts, co_await reader_.line(options_.stall_timeout));
    header_bytes_ += counts.size() + 1;
    ECE465_CO_TRY(wire::add_counts_line(header, counts, handshake_.peer()));
  }
  co_return header;
}

mapreduce::WorkerSpec WorkerSession::spec() const {
  if (dialect() != Dialect::v2) return mapreduce::WorkerSpec::one_at_a_time();
  const wire::Offer& offer = handshake_.registration().offer;
  mapreduce::Capabilities capabilities = kSixteenBits;
  for (const auto& name : offer.maps) {
    if (const auto kind = text::parse_kind(name)) capabilities |= capability_of(*kind);
  }
  return {.credit_bytes = offer.credit_bytes,
          .max_tasks = kMaxRequests,
          .keep_bytes = offer.memory_bytes,
          .capabilities = capabilities,
          .heartbeat = true,
          .supports_drop = true};
}

void WorkerSession::say_bye() {
  if (ended_) return;
  if (!joined_ || dialect() != Dialect::v2) return hang_up("the master is stopping");
  send_line(wire::Bye{});
}

void WorkerSession::hang_up(std::string_view why) {
  if (ended_) return;
  ended_ = true;
  end_reason_ = why;
  wake_.notify();
  stream_.close();
}

void WorkerSession::close(mapreduce::CloseReason reason) {
  if (ended_) return;
  if (reason != mapreduce::CloseReason::left) return hang_up(reason_text(reason));
  // Queued messages (the answer to its BYE) are still sent; then the worker or the writer closes.
  end_reason_ = reason_text(reason);
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

void WorkerSession::send(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& handler) {
  Request request;
  request.handler = handler;
  request.strip = order.task.strip;
  request.phase = order.phase;
  requests_.emplace(order.attempt, std::move(request));
  if (order.from) {
    send_request(order, handler, {});
  } else {
    net::spawn(stream_.executor(), load_and_send(shared_from_this(), order, handler));
  }
}

net::Task<void> WorkerSession::load_and_send(std::shared_ptr<WorkerSession> self, mapreduce::Send order,
                                             std::shared_ptr<JobHandler> handler) {
  auto payload = co_await handler->payload(order.task.strip, order.phase);
  // The request may have been dropped, or the worker lost, while the payload was loaded.
  const auto request = self->requests_.find(order.attempt);
  if (self->ended_ || request == self->requests_.end()) co_return;
  if (payload) {
    request->second.loaded = payload->loaded;
    self->send_request(order, handler, *std::move(payload));
  } else {
    self->requests_.erase(request);
    self->coordinator_.answered(self->worker_, order.attempt, Outcome::dropped);
  }
}

void WorkerSession::send_request(const mapreduce::Send& order, const std::shared_ptr<JobHandler>& handler,
                                 JobHandler::Payload payload) {
  Frame frame;
  const std::uint64_t size = payload.bytes.size();
  if (size > 0) frame.parts.push_back(payload.bytes);
  frame.lease = std::move(payload.lease);
  if (frame.lease) {
    frame.lease->on_revoke = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->hang_up("it receives strips too slowly");
    };
  }
  frame.attempt = order.attempt;
  frame.handler = handler;
  frame.phase = order.phase;
  if (const auto kind = handler->map_kind()) {
    send_map(frame, order, *kind, size);
  } else if (order.phase == Phase::map) {
    send_count(frame, order, size);
  } else {
    send_apply(frame, order, size);
  }
  push(std::move(frame));
}

namespace {

std::optional<std::uint64_t> checksum_of(std::span<const Bytes> parts, bool wanted) {
  if (!wanted || parts.empty()) return std::nullopt;
  wire::Checksum sum;
  for (const Bytes part : parts) sum.update(part);
  return sum.value();
}

}  // namespace

void WorkerSession::send_map(Frame& frame, const mapreduce::Send& order, text::Kind kind, std::uint64_t size) {
  wire::Map message;
  message.task = task_id(order.attempt);
  message.kind = text::kind_name(kind);
  message.size = size;
  message.checksum = checksum_of(frame.parts, handshake_.terms().checksum);
  wire::append_header(frame.header, message, Dialect::v2);
}

void WorkerSession::send_count(Frame& frame, const mapreduce::Send& order, std::uint64_t size) {
  wire::CalcHist message;
  message.id.task = task_id(order.attempt);
  message.id.job = fmt::format("{}{}", kAttemptPrefix, order.attempt.value);
  message.size = size;
  message.bits = frame.handler->bits();
  message.keep = order.keep;
  message.checksum = checksum_of(frame.parts, dialect() == Dialect::v2 && handshake_.terms().checksum);
  wire::append_header(frame.header, message, dialect());
}

void WorkerSession::send_apply(Frame& frame, const mapreduce::Send& order, std::uint64_t size) {
  wire::ApplyCdf message;
  message.id.task = task_id(order.attempt);
  message.id.job = fmt::format("{}{}", kAttemptPrefix, order.attempt.value);
  message.size = size;
  message.bits = frame.handler->bits();
  const Bytes table = frame.handler->table(order.task.strip);
  if (dialect() != Dialect::v2) {
    frame.parts.insert(frame.parts.begin(), table);
    wire::append_header(frame.header, message, dialect());
    return;
  }
  const bool checksums = handshake_.terms().checksum;
  const wire::TableId table_id = frame.handler->table_id(order.task.strip);
  if (std::ranges::find(tables_, table_id) == tables_.end()) {
    tables_.push_back(table_id);
    if (tables_.size() > kMaxTables) tables_.pop_front();
    wire::Table announce;
    announce.table = table_id;
    announce.size = table.size();
    const std::array<Bytes, 1> body{table};
    announce.checksum = checksum_of(body, checksums);
    Frame first;
    wire::append_header(first.header, announce, Dialect::v2);
    first.parts.push_back(table);
    first.handler = frame.handler;
    first.phase = Phase::apply;
    push(std::move(first));
  }
  message.table = table_id;
  if (order.from) message.from = task_id(*order.from);
  message.checksum = checksum_of(frame.parts, checksums);
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
      at->second.started = true;
    }
    buffers.assign(1, as_bytes(frame.header));
    buffers.insert(buffers.end(), frame.parts.begin(), frame.parts.end());
    std::uint64_t size = 0;
    for (const Bytes buffer : buffers) size += buffer.size();
    self->writing_ = true;
    const auto written = co_await self->stream_.write(buffers, self->options_.stall_timeout);
    self->writing_ = false;
    self->host_.on_transfer(size, 0);
    if (frame.handler) frame.handler->on_transfer(frame.phase, size, 0);
    if (!written) self->hang_up(written.error().text());
  }
  if (!self->ended_) self->stream_.end_writing();
}

void WorkerSession::drop(AttemptId attempt) {
  const auto request = requests_.find(attempt);
  const auto queued =
      std::ranges::find(queue_, attempt, [](const Frame& frame) { return frame.attempt.value_or(AttemptId{}); });
  if (request != requests_.end() && !request->second.started) {  // nothing was sent, so no answer will come
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
