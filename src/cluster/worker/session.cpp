#include "worker/session.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "ece465/wire/checksum.hpp"

namespace ece465::cluster {
namespace {

using Clock = std::chrono::steady_clock;
using wire::ErrorCode;

/// Heartbeats without a sign of life after which a peer is lost (PROTOCOL section 7).
constexpr int kMissedHeartbeats = 3;
/// The older dialects have no heartbeat: an honest master may serve others for long before it goes on with us. A host
/// that is gone is found by the system's probes.
constexpr net::Duration kOlderLimit = std::chrono::minutes(10);
constexpr std::chrono::seconds kKeepAlive{30};
/// How long the peer has for seeing that nothing more comes, before the connection is closed. Closing at once would
/// throw away what it has not read yet, if anything of its own is on the way.
constexpr net::Duration kLinger = std::chrono::milliseconds(500);
/// What is thrown away meanwhile, at most: more than lies in the buffers of both sides.
constexpr std::uint64_t kLingerBytes = std::uint64_t{64} << 20;

/// What is read when a line is expected: enough for one, and little of the samples behind it, which would have to be
/// copied to where they belong.
constexpr std::size_t kSipBytes = 4096;
constexpr std::size_t kSkipBytes = std::size_t{64} << 10;

/// A master that makes the worker talk but does not listen is not read on beyond these.
constexpr std::size_t kMaxLineBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxTasks = 4096;

std::string line_of(const wire::Message& message) { return wire::to_line(message, wire::Dialect::v2); }

}  // namespace

Session::Session(net::Stream stream, wire::WorkerHandshake& handshake, asio::thread_pool& cpu,
                 const WorkerOptions& options, Logger& logger)
    : stream_(std::move(stream)),
      reader_(stream_, options.limits.max_line_bytes, kSipBytes),
      handshake_(handshake),
      cpu_(cpu),
      options_(options),
      logger_(logger),
      buffers_(options.credit_bytes + options.memory_bytes),
      holdings_(options.memory_bytes),
      gate_(stream_.executor()),
      changed_(stream_.executor()),
      ended_(stream_.executor()) {}

net::Task<Ending> Session::run() {
  Ending ending;
  stream_.keep_alive(kKeepAlive);
  auto first = co_await register_worker();
  if (!first) {
    ending.why = std::move(first).error();
  } else {
    const auto start = Clock::now();
    const net::Duration silence = kMissedHeartbeats * handshake_.terms().heartbeat;
    idle_limit_ = v2() ? silence : net::kForever;
    limit_ = v2() ? silence : kOlderLimit;
    outbox_.emplace(stream_, limit_, [this](const std::shared_ptr<Work>& work) { written(work); });
    asio::co_spawn(stream_.executor(), write_answers(gate_.enter()), asio::detached);
    if (v2()) asio::co_spawn(stream_.executor(), keep_heart_beating(gate_.enter()), asio::detached);
    logger_.info("registered", {{"master", options_.master.to_string()},
                                {"peer", stream_.peer()},
                                {"dialect", wire::dialect_name(handshake_.dialect())}});
    tell(fmt::format("Connected to master at {}", options_.master.to_string()));

    const auto served = co_await serve(*std::move(first));
    ending.registered = true;
    ending.master_left = bye_came_ && !leaving_;
    ending.lived = Clock::now() - start;
    ending.answered = answered_;
    if (write_error_) {
      ending.why = *write_error_;
    } else if (!served) {
      ending.why = served.error();
    }
  }
  if (leaving_) ending.why = {Errc::cancelled, "left"};
  close();
  co_await gate_.drained();
  handshake_.on_end();
  co_return ending;
}

void Session::close() {
  closed_ = true;
  for (const auto& [id, work] : tasks_) static_cast<void>(work->drop());  // spares the pool what nobody wants
  stream_.close();
  if (outbox_) outbox_->close();
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
      co_await room_for_answers();
      auto next = co_await next_header(idle_limit_, limit_);
      if (finishing_) break;
      if (!next) {
        const bool broken = next.error().code == Errc::corrupt || next.error().code == Errc::too_large ||
                            next.error().code == Errc::unsupported;
        if (broken && v2()) co_await complain(next.error());
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

/// The position in the stream is lost: says so, for as long as the master may take to read it, and no longer.
net::Task<void> Session::complain(const Error& error) {
  const auto code = error.code == Errc::too_large     ? ErrorCode::too_large
                    : error.code == Errc::unsupported ? ErrorCode::unsupported
                                                      : ErrorCode::bad_request;
  outbox_->push(line_of(wire::ErrorReport{.code = code, .task = {}, .text = error.text()}));
  finishing_ = true;
  const auto end = Clock::now() + kLinger;
  while (!outbox_->empty() && !closed_ && Clock::now() < end) co_await changed_.wait(end - Clock::now());
  stream_.end_writing();
  asio::co_spawn(stream_.executor(), linger(gate_.enter()), asio::detached);
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

net::Task<void> Session::room_for_answers() {
  while (!closed_ && (outbox_->line_bytes() > kMaxLineBytes || tasks_.size() >= kMaxTasks)) co_await changed_.wait();
}

net::Task<Result<void>> Session::handle(wire::Header& header) {
  wire::Message& message = header.message;
  const bool is_request = std::holds_alternative<wire::CalcHist>(message) ||
                          std::holds_alternative<wire::ApplyCdf>(message) || std::holds_alternative<wire::Map>(message);
  if (is_request) co_return co_await take_request(header);
  if (const auto* table = std::get_if<wire::Table>(&message)) co_return co_await take_table(*table);
  if (const auto* ignored = std::get_if<wire::Ignored>(&message)) {
    Refusal unknown{ErrorCode::unsupported, fmt::format("{} is not known", ignored->verb)};
    co_return co_await refuse(ignored->skip_bytes, ignored->task, std::move(unknown));
  }
  if (const auto* ping = std::get_if<wire::Ping>(&message)) {
    outbox_->push_urgent(line_of(wire::Pong{ping->number}));
  } else if (const auto* request = std::get_if<wire::Drop>(&message)) {
    if (request->task) drop(*request->task);
    if (request->table) holdings_.drop_table(*request->table);
  } else if (std::holds_alternative<wire::Bye>(message)) {
    on_bye();
  } else if (const auto* report = std::get_if<wire::ErrorReport>(&message)) {
    // Without a task its sender closes the connection; with one it makes no sense, and does no harm.
    logger_.warn("the master reports an error",
                 {{"code", wire::error_code_name(report->code)}, {"error", report->text}});
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::take_request(wire::Header& header) {
  const std::uint64_t bytes = wire::body_bytes(header.message);
  const wire::TaskId task = task_of(header.message);
  if (!v2() && leaving_) co_return co_await skip(bytes);  // the end of the stream says the rest
  if (auto refusal = refusal_of(header.message)) co_return co_await refuse(bytes, task, *std::move(refusal));
  auto body = buffers_.take(bytes);
  if (!body && v2()) {
    Refusal no_memory{ErrorCode::too_large, body.error().text()};
    co_return co_await refuse(bytes, task, std::move(no_memory));
  }
  if (!body) co_return std::unexpected(std::move(body).error());

  const auto work = std::make_shared<Work>(std::move(header.message), header.dialect, checksums());
  work->body = *std::move(body);
  admit(work, bytes);
  ECE465_CO_TRY(co_await reader_.read_exactly(work->body.span(), limit_));
  // Older dialects take one request at a time. This one was read already, so that a master which writes two before it
  // reads an answer is not stuck.
  while (!v2() && unanswered_ > 1 && !closed_) co_await changed_.wait();
  if (auto refusal = find_what_it_names(*work)) {
    work->refuse(refusal->code, std::move(refusal->text));
    answer(work);
  } else {
    start(work);
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::take_table(const wire::Table& table) {
  Buffer body(table.size);
  ECE465_CO_TRY(co_await reader_.read_exactly(body.span(), limit_));
  if (wire::check_body(table, wire::checksum(body.span()), checksums())) {
    holdings_.put_table(table.table, std::move(body));
  } else {
    // Nobody waits for an answer. Who names it will hear that it is not here, and the master sends it again.
    logger_.warn("a table came damaged");
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Session::refuse(std::uint64_t body_bytes, std::optional<wire::TaskId> task, Refusal refusal) {
  ECE465_CO_TRY(co_await skip(body_bytes));
  if (v2() && task) outbox_->push(error_line(refusal.code, *task, std::move(refusal.text)));
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
  if (!outbox_) return close();  // not even registered
  if (v2()) {
    give_up_kept();
    say_bye();
  }
  finish_if_done();
}

void Session::on_bye() {
  bye_came_ = true;
  give_up_kept();
  say_bye();
  finish_if_done();
}

void Session::say_bye() {
  if (!std::exchange(bye_sent_, true)) outbox_->push(line_of(wire::Bye{}));
}

void Session::give_up_kept() {
  for (const wire::TaskId id : holdings_.ids()) {
    if (!holdings_.find(id)->claim) forget(id);
  }
}

void Session::finish_if_done() {
  if (!leaving_ || finishing_ || closed_ || unanswered_ > 0 || !outbox_->empty()) return;
  if (v2() && !bye_came_) return;  // requests may be on their way
  finishing_ = true;
  stream_.end_writing();
  asio::co_spawn(stream_.executor(), linger(gate_.enter()), asio::detached);
}

net::Task<void> Session::linger(net::Gate::Pass /*pass*/) {
  const auto end = Clock::now() + kLinger;
  while (!closed_ && Clock::now() < end) co_await ended_.wait(end - Clock::now());
  if (!closed_) close();
}

// Writing

net::Task<void> Session::write_answers(net::Gate::Pass /*pass*/) {
  const auto result = co_await outbox_->run();
  if (closed_ || result) co_return;
  if (!finishing_) write_error_ = result.error();
  close();
}

void Session::written(const std::shared_ptr<Work>& work) {
  if (work) {
    --unanswered_;
    ++answered_;
    credit_used_ -= work->credit_bytes;
    holdings_.release(work->kept_bytes);
    if (v2()) tasks_.erase(task_of(work->request()));
    buffers_.give_back(std::move(work->body));
  }
  changed_.notify();
  finish_if_done();
}

net::Task<void> Session::keep_heart_beating(net::Gate::Pass /*pass*/) {
  // Looked at three times a heartbeat: silence never lasts for two thirds of one.
  const auto tick = std::max<net::Duration>(handshake_.terms().heartbeat / 3, std::chrono::milliseconds(1));
  while (!closed_) {
    const std::uint64_t before = stream_.bytes_written();
    co_await ended_.wait(tick);
    if (closed_ || finishing_ || stream_.bytes_written() != before || !outbox_->empty()) continue;
    outbox_->push(line_of(wire::Ping{++pings_}));
  }
}

void Session::tell(std::string text) {
  if (!handshake_.may_log()) return;
  outbox_->push(wire::to_line(wire::Log{options_.id, std::move(text)}, handshake_.dialect()));
}

}  // namespace ece465::cluster
