#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
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
/// naming the address.
[[nodiscard]] Task<Result<Stream>> connect(Address to, Duration limit);

/// Reads lines and counted bytes from a stream through one buffer.
class LineReader {
 public:
  /// The stream must outlive the reader.
  explicit LineReader(Stream& stream, std::size_t buffer_bytes = std::size_t{16} << 10);

  /// The next line without its '\n' (and without a '\r' before it), valid until the next call. An end of stream
  /// at a line's start is the empty optional's place: `unavailable` with "closed"; inside a line `corrupt`. A
  /// line longer than the buffer is `too_large`. `limit` is for the whole line.
  [[nodiscard]] Task<Result<std::string_view>> line(Duration limit);
  /// Fills `out`: buffered bytes first, the rest straight from the socket.
  [[nodiscard]] Task<Result<void>> read_exactly(MutableBytes out, Duration limit);
  /// True when bytes are waiting in the buffer already.
  [[nodiscard]] bool buffered() const { return begin_ != end_; }

 private:
  Stream& stream_;
  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace ece465::net
