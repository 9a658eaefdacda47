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

/// A connected TCP socket on which every wait has a time limit. After a failure in the middle of a message the position
/// in the stream is unknown: close it. To be used on its io_context's only thread.
class Stream {
 public:
  explicit Stream(asio::ip::tcp::socket socket);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Reads available bytes, at least one; 0 at the end of the stream. Fails with `timeout` if nothing arrives within
  /// `limit`, `unavailable` if the connection broke, `cancelled` after `close`.
  [[nodiscard]] Task<Result<std::size_t>> read_some(MutableBytes out, Duration limit);
  /// Fills all of `out`. Fails like `read_some`, where `limit` applies to each read, and with `corrupt` if the stream
  /// ends early.
  [[nodiscard]] Task<Result<void>> read_exactly(MutableBytes out, Duration limit);
  /// Writes all of the buffers in order; the caller keeps them alive. Fails with `timeout` if the peer accepts nothing
  /// for `limit`, otherwise like `read_some`.
  [[nodiscard]] Task<Result<void>> write(std::span<const Bytes> buffers, Duration limit);
  [[nodiscard]] Task<Result<void>> write(Bytes bytes, Duration limit);

  /// Enables TCP keep-alive: the system probes the peer after `idle` without data, and breaks the connection after
  /// three failed probes. For peers that may be silent for hours.
  void keep_alive(std::chrono::seconds idle);

  /// Ends the stream to the peer; reading is still possible.
  void end_writing();
  /// Ends all pending operations with `cancelled`.
  void close();

  [[nodiscard]] const std::string& peer() const;  ///< "10.0.0.7:41234", also after `close`
  [[nodiscard]] std::uint64_t bytes_read() const;
  [[nodiscard]] std::uint64_t bytes_written() const;
  [[nodiscard]] asio::any_io_executor executor();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with timer handlers, which may outlive the stream
};

/// Resolves the name and connects, trying every address, within `limit` in total. Fails with `unavailable` or
/// `timeout`, naming the address, and with `cancelled` once `stop` is requested, on any thread.
[[nodiscard]] Task<Result<Stream>> connect(Address to, Duration limit, std::stop_token stop = {});

/// Reads lines and counted bytes from a stream through one buffer.
class LineReader {
 public:
  /// The stream must outlive the reader. Reads at most `read_size` bytes at a time into the buffer: where large bodies
  /// follow short lines, a small size avoids copying the start of the body.
  explicit LineReader(Stream& stream, std::size_t buffer_bytes = std::size_t{16} << 10,
                      std::size_t read_size = std::numeric_limits<std::size_t>::max());

  /// Waits until there is something to read, so that `line` can have a shorter limit. Fails with `unavailable` at the
  /// end of the stream.
  [[nodiscard]] Task<Result<void>> wait(Duration limit);
  /// Reads a line without its '\n' or "\r\n", valid until the next call. `limit` is for the whole line. Fails with
  /// `unavailable` at the end of the stream, `corrupt` if it ends inside a line, `too_large` if the line exceeds the
  /// buffer.
  [[nodiscard]] Task<Result<std::string_view>> line(Duration limit);
  /// Fills `out` with buffered bytes, then directly from the socket.
  [[nodiscard]] Task<Result<void>> read_exactly(MutableBytes out, Duration limit);
  /// Whether the buffer has unread bytes.
  [[nodiscard]] bool buffered() const { return begin_ != end_; }

 private:
  /// Reads once into the free end of the buffer; returns how many bytes.
  Task<Result<std::size_t>> fill(Duration limit);

  Stream& stream_;
  Buffer buffer_;
  std::size_t read_size_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace ece465::net
