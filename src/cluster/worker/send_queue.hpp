#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ece465/net/gate.hpp"
#include "ece465/net/stream.hpp"
#include "worker/work_item.hpp"

namespace ece465::cluster {

/// Everything that goes to the master, in order, written by one coroutine while others read and compute.
class SendQueue {
 public:
  /// `written` is called, for every line and answer that was pushed, when the connection has taken it whole; for an
  /// answer with its work. `limit`: how long the peer may take nothing.
  SendQueue(net::Stream& stream, net::Duration limit, std::function<void(const std::shared_ptr<Work>&)> written);

  void push(std::string line);
  /// Before all that was pushed otherwise and waits: PONG.
  void push_urgent(std::string line);
  void push_answer(std::shared_ptr<Work> work);

  /// Writes until `close`, or until the connection breaks, and says how.
  [[nodiscard]] net::Task<Result<void>> run();
  /// Ends `run` once it has written what waits.
  void close();

  /// Nothing waits and nothing is being written.
  [[nodiscard]] bool empty() const { return !waits() && writing_.empty(); }
  /// Bytes of lines that wait: a peer that makes us talk and does not listen must not fill our memory.
  [[nodiscard]] std::size_t line_bytes() const { return line_bytes_; }

 private:
  struct Item {
    std::string line;
    std::shared_ptr<Work> work;  ///< none: just the line

    [[nodiscard]] Bytes head() const { return as_bytes(work ? work->answer() : line); }
    [[nodiscard]] Bytes payload() const { return work ? work->payload() : Bytes(); }
  };

  [[nodiscard]] bool waits() const { return !urgent_.empty() || !waiting_.empty(); }
  void gather(std::vector<Bytes>& pieces);

  net::Stream& stream_;
  net::Duration limit_;
  std::function<void(const std::shared_ptr<Work>&)> written_;
  net::Event pushed_;
  std::deque<Item> urgent_, waiting_, writing_;
  std::size_t line_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace ece465::cluster
