#include "ece465/net/stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <cstring>
#include <vector>

#include "ece465/base/seconds.hpp"

namespace ece465::net {

namespace {

/// Calls `cancel` if it still exists after `limit`. Used around every operation on a socket with a timer that is
/// created once per connection: cheaper than a second coroutine for every wait.
template <class Cancel>
class Deadline {
 public:
  Deadline(asio::steady_timer& timer, Duration limit, Cancel cancel)
      : timer_(timer), expired_(std::make_shared<bool>()) {
    timer_.expires_after(limit);
    timer_.async_wait([expired = expired_, cancel](const asio::error_code& code) {
      // The flag stops a handler that was queued before the destructor cancelled the timer.
      if (code || *expired) return;
      *expired = true;
      cancel();
    });
  }
  ~Deadline() {
    *expired_ = true;
    timer_.cancel();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  [[nodiscard]] bool passed() const { return *expired_; }

 private:
  asio::steady_timer& timer_;
  std::shared_ptr<bool> expired_;
};

std::string name_of(const asio::ip::tcp::socket& socket) {
  asio::error_code code;
  const auto end = socket.remote_endpoint(code);
  if (code) return "a disconnected peer";
  return Address{end.address().to_string(), end.port()}.to_string();
}

}  // namespace

struct Stream::State {
  explicit State(asio::ip::tcp::socket s)
      : socket(std::move(s)),
        read_timer(socket.get_executor()),
        write_timer(socket.get_executor()),
        peer(name_of(socket)) {}

  asio::ip::tcp::socket socket;
  asio::steady_timer read_timer, write_timer;
  std::string peer;
  std::uint64_t bytes_read = 0, bytes_written = 0;
  // How reading has ended: end of stream or a broken connection. Stored, because a second read would wait for ever:
  // epoll reports the end once.
  asio::error_code read_end;
};

Stream::Stream(asio::ip::tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {
  asio::error_code ignored;
  state_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}
Stream::~Stream() {
  if (state_) close();
}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

const std::string& Stream::peer() const { return state_->peer; }
std::uint64_t Stream::bytes_read() const { return state_->bytes_read; }
std::uint64_t Stream::bytes_written() const { return state_->bytes_written; }
asio::any_io_executor Stream::executor() { return state_->socket.get_executor(); }

Task<Result<std::size_t>> Stream::read_some(MutableBytes out, Duration limit) {
  const auto state = state_;
  const auto ended = [&state]() -> Result<std::size_t> {
    if (state->read_end == asio::error::eof) return std::size_t{0};
    return net_error(fmt::format("read from {}", state->peer), state->read_end);
  };
  if (state->read_end) co_return ended();
  Deadline deadline(state->read_timer, limit, [weak = std::weak_ptr(state)] {
    if (const auto s = weak.lock()) {
      asio::error_code ignored;
      s->socket.cancel(ignored);
    }
  });
  const auto [code, n] = co_await state->socket.async_read_some(asio::buffer(out.data(), out.size()), kNoThrow);
  state->bytes_read += n;
  if (n > 0 || !code) co_return n;
  if (deadline.passed()) {
    co_return fail(Errc::timeout, "{} sent nothing for {:.1f} s", state->peer, seconds(limit));
  }
  if (code == asio::error::operation_aborted) co_return net_error(fmt::format("read from {}", state->peer), code);
  state->read_end = code;
  co_return ended();
}

Task<Result<void>> Stream::read_exactly(MutableBytes out, Duration limit) {
  while (!out.empty()) {
    ECE465_CO_ASSIGN(const std::size_t n, co_await read_some(out, limit));
    if (n == 0) co_return fail(Errc::corrupt, "{} closed the connection {} bytes before the end", peer(), out.size());
    out = out.subspan(n);
  }
  co_return Result<void>{};
}

Task<Result<void>> Stream::write(std::span<const Bytes> buffers, Duration limit) {
  const auto state = state_;
  std::vector<asio::const_buffer> rest;
  for (const Bytes bytes : buffers) {
    if (!bytes.empty()) rest.emplace_back(bytes.data(), bytes.size());
  }
  std::size_t first = 0;
  while (first < rest.size()) {
    Deadline deadline(state->write_timer, limit, [weak = std::weak_ptr(state)] {
      // `cancel` would end a pending read with `cancelled`; a peer that accepts nothing is lost anyway.
      if (const auto s = weak.lock()) {
        asio::error_code ignored;
        s->socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
      }
    });
    const std::span pending(rest.data() + first, rest.size() - first);
    const auto [code, n] = co_await state->socket.async_write_some(pending, kNoThrow);
    state->bytes_written += n;
    if (code && deadline.passed()) {
      co_return fail(Errc::timeout, "sending to {} timed out after {:.1f} s", state->peer, seconds(limit));
    }
    if (code) co_return net_error(fmt::format("write to {}", state->peer), code);
    std::size_t done = n;
    while (first < rest.size() && done >= rest[first].size()) done -= rest[first++].size();
    if (first < rest.size()) rest[first] += done;
  }
  co_return Result<void>{};
}

Task<Result<void>> Stream::write(Bytes bytes, Duration limit) {
  const std::array<Bytes, 1> one{bytes};
  co_return co_await write(one, limit);
}

void Stream::keep_alive(std::chrono::seconds idle) {
  constexpr int kProbes = 3;
  asio::error_code ignored;
  state_->socket.set_option(asio::socket_base::keep_alive(true), ignored);
  // asio has no types for these options.
  const auto set = [this](int option, auto value) {
    const auto number = static_cast<int>(value);
    static_cast<void>(::setsockopt(state_->socket.native_handle(), IPPROTO_TCP, option, &number, sizeof(number)));
  };
  set(TCP_KEEPIDLE, idle.count());
  set(TCP_KEEPINTVL, std::max<std::chrono::seconds::rep>(idle.count() / kProbes, 1));
  set(TCP_KEEPCNT, kProbes);
}

void Stream::end_writing() {
  asio::error_code ignored;
  state_->socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void Stream::close() {
  asio::error_code ignored;
  state_->socket.close(ignored);
  state_->read_timer.cancel();
  state_->write_timer.cancel();
}

Task<Result<Stream>> connect(Address to, Duration limit, std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  const auto resolver = std::make_shared<asio::ip::tcp::resolver>(executor);
  const auto socket = std::make_shared<asio::ip::tcp::socket>(executor);
  const auto give_up = [resolver, socket] {
    resolver->cancel();
    asio::error_code ignored;
    socket->close(ignored);
  };
  asio::steady_timer timer(executor);
  Deadline deadline(timer, limit, give_up);
  // The stop may be requested on another thread; the socket belongs to this one.
  const std::stop_callback when_stopped(stop, [executor, give_up] { asio::post(executor, give_up); });
  const std::string action = "connect to " + to.to_string();
  const auto failure = [&](const asio::error_code& code) {
    if (stop.stop_requested()) return fail(Errc::cancelled, "cannot {}: interrupted", action);
    if (!deadline.passed()) return net_error(action, code);
    return fail(Errc::timeout, "cannot {}: no answer for {:.1f} s", action, seconds(limit));
  };
  const auto [resolve_code, found] = co_await resolver->async_resolve(to.host, std::to_string(to.port), kNoThrow);
  if (resolve_code || stop.stop_requested()) co_return failure(resolve_code);
  const auto [code, endpoint] = co_await asio::async_connect(*socket, found, kNoThrow);
  if (code || stop.stop_requested()) co_return failure(code);
  co_return Stream(std::move(*socket));
}

LineReader::LineReader(Stream& stream, std::size_t buffer_bytes, std::size_t read_size)
    : stream_(stream), buffer_(buffer_bytes), read_size_(read_size) {}

Task<Result<std::size_t>> LineReader::fill(Duration limit) {
  const MutableBytes free = buffer_.span().subspan(end_);
  ECE465_CO_ASSIGN(const std::size_t n,
                   co_await stream_.read_some(free.first(std::min(free.size(), read_size_)), limit));
  end_ += n;
  co_return n;
}

Task<Result<void>> LineReader::wait(Duration limit) {
  if (buffered()) co_return Result<void>{};
  begin_ = end_ = 0;
  ECE465_CO_ASSIGN(const std::size_t n, co_await fill(limit));
  if (n == 0) co_return fail(Errc::unavailable, "{} closed the connection", stream_.peer());
  co_return Result<void>{};
}

Task<Result<std::string_view>> LineReader::line(Duration limit) {
  const auto end_of_wait = deadline_after(limit);
  std::size_t searched = 0;  // from begin_: a byte is looked at once, however slowly the line comes
  for (;;) {
    const std::byte* const from = buffer_.data() + begin_;
    const std::size_t held = end_ - begin_;
    if (const void* at = std::memchr(from + searched, '\n', held - searched)) {
      const auto length = static_cast<std::size_t>(static_cast<const std::byte*>(at) - from);
      begin_ += length + 1;
      std::string_view text(reinterpret_cast<const char*>(from), length);
      if (text.ends_with('\r')) text.remove_suffix(1);
      co_return text;
    }
    searched = held;
    if (held == buffer_.size())
      co_return fail(Errc::too_large, "{} sent a line of more than {} bytes", stream_.peer(), held);
    if (begin_ > 0 && end_ == buffer_.size()) {
      std::memmove(buffer_.data(), from, held);
      begin_ = 0;
      end_ = held;
    }
    const auto left = std::max(Duration::zero(), Duration(end_of_wait - std::chrono::steady_clock::now()));
    ECE465_CO_ASSIGN(const std::size_t n, co_await fill(left));
    if (n == 0 && held == 0) co_return fail(Errc::unavailable, "{} closed the connection", stream_.peer());
    if (n == 0) co_return fail(Errc::corrupt, "{} closed the connection in the middle of a line", stream_.peer());
  }
}

Task<Result<void>> LineReader::read_exactly(MutableBytes out, Duration limit) {
  const std::size_t n = std::min(out.size(), end_ - begin_);
  std::copy_n(buffer_.data() + begin_, n, out.data());
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
  co_return co_await stream_.read_exactly(out.subspan(n), limit);
}

}  // namespace ece465::net
