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

/// Everything that is sent to the master, in order, written by one coroutine while others read and compute.
class SendQueue {
 public:
  /// `written` is called for each line and each answer (then with its work item) once the connection has taken all of
  /// it. `limit`: how long a write may make no progress.
  SendQueue(net::Stream& stream, net::Duration limit, std::function<void(const std::shared_ptr<WorkItem>&)> written);

  void push(std::string line);
  /// Overtakes everything that waits; for PONG.
  void push_urgent(std::string line);
  void push_answer(std::shared_ptr<WorkItem> item);

  /// Writes until `close`; fails when the connection does.
  [[nodiscard]] net::Task<Result<void>> run();
  /// Ends `run` after it has written what waits.
  void close();

  /// Nothing waits and nothing is being written.
  [[nodiscard]] bool empty() const { return !waits() && writing_.empty(); }
  /// Bytes of waiting lines. Bounded by the session: a peer that makes us send but does not read must not fill memory.
  [[nodiscard]] std::size_t line_bytes() const { return line_bytes_; }

 private:
  struct Item {
    std::string line;
    std::shared_ptr<WorkItem> work;  ///< null: only the line

    [[nodiscard]] Bytes head() const { return as_bytes(work ? work->answer() : line); }
    [[nodiscard]] Bytes payload() const { return work ? work->payload() : Bytes(); }
  };

  [[nodiscard]] bool waits() const { return !urgent_.empty() || !waiting_.empty(); }
  void gather(std::vector<Bytes>& pieces);

  net::Stream& stream_;
  net::Duration limit_;
  std::function<void(const std::shared_ptr<WorkItem>&)> written_;
  net::Condition pushed_;
  std::deque<Item> urgent_, waiting_, writing_;
  std::size_t line_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace ece465::cluster
