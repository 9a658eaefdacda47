#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "ece465/base/bytes.hpp"
#include "ece465/net/address.hpp"
#include "ece465/net/asio.hpp"

namespace ece465::net {

/// A connected TCP socket on which every wait has a deadline. After a failure in the middle of a message the
/// position in the stream is unknown: close it. Used from its io_context's one thread only.
class Stream {
 public:
  explicit Stream(asio::ip::tcp::socket socket);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Reads what is there, at least one byte; 0: the peer has ended its side. Fails with `timeout` when nothing
  /// came within `limit`, `unavailable` when the connection broke, `cancelled` after `close`.
  [[nodiscard]] Task<Result<std::size_t>> read_some(MutableBytes out, Duration limit);
  /// Fills all of `out`. Each piece may take `limit`; a stream that ends before is `corrupt`.
  [[nodiscard]] Task<Result<void>> read_exactly(MutableBytes out, Duration limit);
  /// Writes all of the buffers, which stay the caller's, in order. `limit` is for each piece that the peer takes:
  /// a peer that takes nothing for that long is `timeout`.
  [[nodiscard]] Task<Result<void>> write(std::span<const Bytes> buffers, Duration limit);
  [[nodiscard]] Task<Result<void>> write(Bytes bytes, Duration limit);

  /// Lets the system ask the peer's system for a sign of life when nothing has come for `idle`, and give the
  /// connection up after three without: for peers that may honestly have nothing to say for hours.
  void keep_alive(std::chrono::seconds idle);

  /// Tells the peer that nothing more comes; reading goes on.
  void end_writing();
  /// Ends everything that waits with `cancelled`.
  void close();

  [[nodiscard]] const std::string& peer() const;  ///< "10.0.0.7:41234", also after the end
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t bytes_written() const;
  [[nodiscard]] asio::any_io_executor executor();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with timers' handlers, which may outlive the stream
};

/// Resolves and connects, trying every address, within `limit` in all. Fails with `unavailable` or `timeout`,
/// naming the address; with `cancelled` once `stop` is requested, from whatever thread.
[[nodiscard]] Task<Result<Stream>> connect(Address to, Duration limit, std::stop_token stop = {});

/// Reads lines and counted bytes from a stream through one buffer.
class LineReader {
 public:
  /// The stream must outlive the reader. It reads `sip_bytes` at a time (as many as there is room for, unless told):
  /// where large bodies follow short lines, a small sip spares the copy of what would come along.
  explicit LineReader(Stream& stream, std::size_t buffer_bytes = std::size_t{16} << 10,
                      std::size_t sip_bytes = std::numeric_limits<std::size_t>::max());

  /// Waits for the next thing to read: until there is, `line` need not be patient. An end of stream is
  /// `unavailable` with "closed", as there.
  [[nodiscard]] Task<Result<void>> wait(Duration limit);
  /// The next line without its '\n' (and without a '\r' before it), valid until the next call. An end of stream
  /// at a line's start is the empty optional's place: `unavailable` with "closed"; inside a line `corrupt`. A
  /// line longer than the buffer is `too_large`. `limit` is for the whole line.
  [[nodiscard]] Task<Result<std::string_view>> line(Duration limit);
  /// Fills `out`: buffered bytes first, the rest straight from the socket.
  [[nodiscard]] Task<Result<void>> read_exactly(MutableBytes out, Duration limit);
  /// True when bytes are waiting in the buffer already.
  [[nodiscard]] bool buffered() const { return begin_ != end_; }

 private:
  /// Reads once into the buffer's free end; how many bytes came.
  Task<Result<std::size_t>> fill(Duration limit);

  Stream& stream_;
  Buffer buffer_;
  std::size_t sip_bytes_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace ece465::net
