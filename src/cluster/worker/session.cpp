#include "worker/session.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "ece465/wire/checksum.hpp"

namespace ece465::cluster {
namespace {

using Clock = std::chrono::steady_clock;
using wire::ErrorCode;

/// A peer is lost after this many heartbeats without a message (PROTOCOL section 7).
constexpr int kMissedHeartbeats = 3;
/// The older dialects have no heartbeat, and a master may serve other workers for a long time before it sends the next
/// request. TCP keep-alive finds hosts that are gone.
constexpr net::Duration kOlderLimit = std::chrono::minutes(10);
constexpr std::chrono::seconds kKeepAlive{30};
/// How long the peer may take to read the rest before the connection is closed. If data of the peer is under way,
/// closing at once makes TCP reset the connection, and the peer loses what it has not read yet.
constexpr net::Duration kLinger = std::chrono::milliseconds(500);
/// What is read and ignored meanwhile, at most: more than the buffers of both sides hold.
constexpr std::uint64_t kLingerBytes = std::uint64_t{64} << 20;

/// Read size when a line is expected: enough for one, with little of the samples behind it, which would be copied once
/// more.
constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kSkipBytes = std::size_t{64} << 10;

/// Reading pauses beyond these, so that a master that sends requests but reads no answers cannot fill memory.
constexpr std::size_t kMaxLineBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxTasks = 4096;

std::string line_of(const wire::Message& message) { return wire::to_line(message, wire::Dialect::v2); }

}  // namespace

Session::Session(net::Stream stream, wire::WorkerHandshake& handshake, asio::thread_pool& cpu,
                 const WorkerOptions& options, Logger& logger)
    : stream_(std::move(stream)),
      reader_(stream_, options.limits.max_line_bytes, kReadBytes),
      handshake_(handshake),
      cpu_(cpu),
      options_(options),
      logger_(logger),
      buffers_(options.credit_bytes + options.memory_bytes),
      cache_(options.memory_bytes),
      gate_(stream_.executor()),
      changed_(stream_.executor()),
      ended_(stream_.executor()) {}

net::Task<SessionResult> Session::run() {
  SessionResult result;
  stream_.keep_alive(kKeepAlive);
  auto first = co_await register_worker();
  if (!first) {
    result.why = std::move(first).error();
  } else {
    const auto start = Clock::now();
    const net::Duration silence = kMissedHeartbeats * handshake_.terms().heartbeat;
    idle_limit_ = v2() ? silence : net::kForever;
    limit_ = v2() ? silence : kOlderLimit;
    send_queue_.emplace(stream_, limit_, [this](const std::shared_ptr<WorkItem>& item) { written(item); });
    net::spawn(stream_.executor(), write_answers(gate_.enter()));
    if (v2()) net::spawn(stream_.executor(), send_heartbeats(gate_.enter()));
    logger_.info("registered", {{"master", options_.master.to_string()},
                                {"peer", stream_.peer()},
                                {"dialect", wire::dialect_name(handshake_.dialect())}});
    send_log(fmt::format("Connected to master at {}", options_.master.to_string()));

    const auto served = co_await serve(*std::move(first));
    result.registered = true;
    result.master_left = bye_received_ && !leaving_;
    result.lived = Clock::now() - start;
    result.answered = answered_;
    if (write_error_) {
      result.why = *write_error_;
    } else if (!served) {
      result.why = served.error();
    }
  }
  if (leaving_) result.why = {Errc::cancelled, "left"};
  close();
  co_await gate_.drained();
  handshake_.on_end();
  co_return result;
}

void Session::close() {
  closed_ = true;
  for (const auto& [id, item] : tasks_) static_cast<void>(item->drop());  // nobody needs the answers
  stream_.close();
  if (send_queue_) send_queue_->close();
  changed_.notify();
  ended_.notify();
}

// Reading

net::Task<Result<std::optional<wire::Header>>> Session::register_worker() {
  wire::Step step = handshake_.start();
  const auto end = Clock::now() + step.deadline.value_or(options_.registration_limit);
  const auto left = [end] { return std::max<net::Duration>(end - Clock::now(), net::Duration::zero()); };
  for (;;) {
    if (!step.send.empty()) ECE465_CO_TRY(co_await stream_.write(as_bytes(step.send), left()));
    if (handshake_.state() == wire::WorkerHandshake::State::failed) co_return std::unexpected(handshake_.error());
    auto header = co_await next_header(left(), left());
    if (!header && header.error().code == Errc::timeout) {
      step = handshake_.on_deadline();
      continue;
    }
    if (!header) co_return std::unexpected(std::move(header).error());
    step = handshake_.on(*header);
    if (handshake_.state() != wire::WorkerHandshake::State::ready) continue;
    if (std::holds_alternative<wire::Registered>(header->message)) co_return std::optional<wire::Header>();
    co_return std::optional(*std::move(header));  // a request, before any answer to REGISTER
  }
}

net::Task<Result<wire::Header>> Session::next_header(net::Duration idle, net::Duration limit) {
  ECE465_CO_TRY(co_await reader_.wait(idle));
  ECE465_CO_ASSIGN(const std::string_view line, co_await reader_.line(limit));
  wire::Peer peer = handshake_.peer();
  if (peer.v2) peer.limits.max_payload_bytes = options_.payload_bytes;
  co_return wire::parse_header(line, peer);
}

net::Task<Result<void>> Session::serve(std::optional<wire::Header> first) {
  for (;;) {
    if (!first) {
      co_await wait_for_send_capacity();
      auto next = co_await next_header(idle_limit_, limit_);
      if (finishing_) break;
      if (!next) {
        const bool broken = next.error().code == Errc::corrupt || next.error().code == Errc::too_large ||
                            next.error().code == Errc::unsupported;
        if (broken && v2()) co_await report_protocol_error(next.error());
        co_return std::unexpected(std::move(next).error());
      }
      first = *std::move(next);
    }
    ECE465_CO_TRY(co_await handle(*first));
    first.reset();
  }
  co_await read_to_the_end();
  co_return Result<void>{};
}

/// Sends an ERROR and ends the connection: after a malformed message the position in the stream is unknown.
net::Task<void> Session::report_protocol_error(const Error& error) {
  const auto code = error.code == Errc::too_large     ? ErrorCode::too_large
                    : error.code == Errc::unsupported ? ErrorCode::unsupported
                                                      : ErrorCode::bad_request;
  send_queue_->push(line_of(wire::ErrorReport{.code = code, .task = {}, .text = error.text()}));
  finishing_ = true;
  const auto end = Clock::now() + kLinger;
  while (!send_queue_->empty() && !closed_ && Clock::now() < end) co_await changed_.wait(end - Clock::now());
  stream_.end_writing();
  net::spawn(stream_.executor(), linger(gate_.enter()));
  co_await read_to_the_end();
}

net::Task<void> Session::read_to_the_end() {
  Buffer ignored(kSkipBytes);
  for (std::uint64_t read = 0; read < kLingerBytes;) {
    const auto n = co_await stream_.read_some(ignored.span(), kLinger);
    if (!n || *n == 0) co_return;
    read += *n;
  }
  close();
}

net::Task<void> Session::wait_for_send_capacity() {
  while (!closed_ && (send_queue_->line_bytes() > kMaxLineBytes || tasks_.size() >= kMaxTasks))
    co_await changed_.wait();
}

net::Task<Result<void>> Session::handle(wire::Header& header) {
  wire::Message& message = header.message;
  const bool is_request = std::holds_alternative<wire::CalcHist>(message) ||
                          std::holds_alternative<wire::ApplyCdf>(message) || std::holds_alternative<wire::Map>(message);
  if (is_request) co_return co_await take_request(header);
  if (const auto* table = std::get_if<wire::Table>(&message)) co_return co_await take_table(*table);
  if (const auto* ignored = std::get_if<wire::Ignored>(&message)) {
    Refusal unknown{ErrorCode::unsupported, fmt::format("unknown message {}", ignored->verb)};
    co_return co_await refuse(ignored->skip_bytes, ignored->task, std::move(unknown));
  }
  if (const auto* ping = std::get_if<wire::Ping>(&message)) {
    send_queue_->push_urgent(line_of(wire::Pong{ping->number}));
  } else if (const auto* request = std::get_if<wire::Drop>(&message)) {
    if (request->task) drop(*request->task);
    if (request->table) cache_.drop_table(*request->table);
  } else if (std::holds_alternative<wire::Bye>(message)) {
    on_bye();
  } else if (const auto* report = std::get_if<wire::ErrorReport>(&message)) {
    // Without a task, the master will close the connection. With one, it means nothing and does no harm.
    logger_.warn("the master reported an error",
                 {{"code", wire::error_code_name(report->code)}, {"error", report->text}});
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::take_request(wire::Header& header) {
  const std::uint64_t bytes = wire::body_bytes(header.message);
  const wire::TaskId task = task_of(header.message);
  if (!v2() && leaving_) co_return co_await skip(bytes);  // the end of the stream is the refusal
  if (auto refusal = check_request(header.message)) co_return co_await refuse(bytes, task, *std::move(refusal));
  auto body = buffers_.take(bytes);
  if (!body && v2()) {
    Refusal no_memory{ErrorCode::too_large, body.error().text()};
    co_return co_await refuse(bytes, task, std::move(no_memory));
  }
  if (!body) co_return std::unexpected(std::move(body).error());

  const auto item = std::make_shared<WorkItem>(std::move(header.message), header.dialect, checksums());
  item->body = *std::move(body);
  admit(item, bytes);
  ECE465_CO_TRY(co_await reader_.read_exactly(item->body.span(), limit_));
  // Older dialects take one request at a time. The next one is read all the same, so that a master that writes two
  // before it reads an answer does not block.
  while (!v2() && unanswered_ > 1 && !closed_) co_await changed_.wait();
  if (auto refusal = resolve_references(*item)) {
    item->refuse(refusal->code, std::move(refusal->text));
    answer(item);
  } else {
    start(item);
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::take_table(const wire::Table& table) {
  Buffer body(table.size);
  ECE465_CO_TRY(co_await reader_.read_exactly(body.span(), limit_));
  if (wire::check_body(table, wire::checksum(body.span()), checksums())) {
    cache_.put_table(table.table, std::move(body));
  } else {
    // A table has no answer. A request for it will be refused with no_table, and the master will send it again.
    logger_.warn("received a damaged table");
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::refuse(std::uint64_t body_bytes, std::optional<wire::TaskId> task, Refusal refusal) {
  ECE465_CO_TRY(co_await skip(body_bytes));
  if (v2() && task) send_queue_->push(error_line(refusal.code, *task, std::move(refusal.text)));
  co_return Result<void>{};
}

net::Task<Result<void>> Session::skip(std::uint64_t bytes) {
  Buffer ignored(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kSkipBytes)));
  while (bytes > 0) {
    const MutableBytes piece = ignored.span().first(std::min<std::uint64_t>(bytes, ignored.size()));
    ECE465_CO_TRY(co_await reader_.read_exactly(piece, limit_));
    bytes -= piece.size();
  }
  co_return Result<void>{};
}

// Leaving

void Session::leave() {
  if (closed_ || leaving_) return;
  leaving_ = true;
  if (!send_queue_) return close();  // not registered yet
  if (v2()) {
    forget_unclaimed();
    say_bye();
  }
  finish_if_done();
}

void Session::on_bye() {
  bye_received_ = true;
  forget_unclaimed();
  say_bye();
  finish_if_done();
}

void Session::say_bye() {
  if (!std::exchange(bye_sent_, true)) send_queue_->push(line_of(wire::Bye{}));
}

void Session::forget_unclaimed() {
  for (const wire::TaskId id : cache_.ids()) {
    if (!cache_.find(id)->map_request) forget(id);
  }
}

void Session::finish_if_done() {
  if (!leaving_ || finishing_ || closed_ || unanswered_ > 0 || !send_queue_->empty()) return;
  if (v2() && !bye_received_) return;  // requests may be on their way
  finishing_ = true;
  stream_.end_writing();
  net::spawn(stream_.executor(), linger(gate_.enter()));
}

net::Task<void> Session::linger(net::Gate::Pass /*pass*/) {
  const auto end = Clock::now() + kLinger;
  while (!closed_ && Clock::now() < end) co_await ended_.wait(end - Clock::now());
  if (!closed_) close();
}

// Writing

net::Task<void> Session::write_answers(net::Gate::Pass /*pass*/) {
  const auto result = co_await send_queue_->run();
  if (closed_ || result) co_return;
  if (!finishing_) write_error_ = result.error();
  close();
}

void Session::written(const std::shared_ptr<WorkItem>& item) {
  if (item) {
    --unanswered_;
    ++answered_;
    credit_used_ -= item->credit_bytes;
    cache_.release(item->kept_bytes);
    if (v2()) tasks_.erase(task_of(item->request()));
    buffers_.give_back(std::move(item->body));
  }
  changed_.notify();
  finish_if_done();
}

net::Task<void> Session::send_heartbeats(net::Gate::Pass /*pass*/) {
  // Checked three times per heartbeat, so that silence never lasts longer than two thirds of one.
  const auto tick = std::max<net::Duration>(handshake_.terms().heartbeat / 3, std::chrono::milliseconds(1));
  while (!closed_) {
    const std::uint64_t before = stream_.bytes_written();
    co_await ended_.wait(tick);
    if (closed_ || finishing_ || stream_.bytes_written() != before || !send_queue_->empty()) continue;
    send_queue_->push(line_of(wire::Ping{++pings_}));
  }
}

void Session::send_log(std::string text) {
  if (!handshake_.may_log()) return;
  send_queue_->push(wire::to_line(wire::Log{options_.id, std::move(text)}, handshake_.dialect()));
}

}  // namespace ece465::cluster
