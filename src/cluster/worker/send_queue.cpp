#include "worker/send_queue.hpp"

#include <utility>
#include <vector>

namespace ece465::cluster {
namespace {

/// Small answers are written together until a batch has about this many bytes, to save system calls. A large answer
/// ends its batch, so that its memory is freed as soon as it has been written.
constexpr std::size_t kBatchBytes = std::size_t{64} << 10;
/// Two pieces each: well below the 1024 that one writev takes (IOV_MAX).
constexpr std::size_t kBatchItems = 64;

}  // namespace

SendQueue::SendQueue(net::Stream& stream, net::Duration limit,
                     std::function<void(const std::shared_ptr<WorkItem>&)> written)
    : stream_(stream), limit_(limit), written_(std::move(written)), pushed_(stream.executor()) {}

void SendQueue::push(std::string line) {
  line_bytes_ += line.size();
  waiting_.push_back({std::move(line), nullptr});
  pushed_.notify();
}

void SendQueue::push_urgent(std::string line) {
  line_bytes_ += line.size();
  urgent_.push_back({std::move(line), nullptr});
  pushed_.notify();
}

void SendQueue::push_answer(std::shared_ptr<WorkItem> item) {
  waiting_.push_back({{}, std::move(item)});
  pushed_.notify();
}

/// Moves the next batch from the waiting items to `writing_`.
void SendQueue::gather(std::vector<Bytes>& pieces) {
  pieces.clear();
  for (std::size_t bytes = 0; waits() && bytes < kBatchBytes && writing_.size() < kBatchItems;) {
    auto& queue = urgent_.empty() ? waiting_ : urgent_;
    const Item& item = writing_.emplace_back(std::move(queue.front()));
    queue.pop_front();
    for (const Bytes piece : {item.head(), item.payload()}) {
      pieces.push_back(piece);
      bytes += piece.size();
    }
  }
}

net::Task<Result<void>> SendQueue::run() {
  std::vector<Bytes> pieces;
  for (;;) {
    while (!waits() && !closed_) co_await pushed_.wait();
    if (!waits()) co_return Result<void>{};
    gather(pieces);
    ECE465_CO_TRY(co_await stream_.write(pieces, limit_));
    while (!writing_.empty()) {
      const Item item = std::move(writing_.front());
      writing_.pop_front();
      line_bytes_ -= item.line.size();
      written_(item.work);
    }
  }
}

void SendQueue::close() {
  closed_ = true;
  pushed_.notify();
}

}  // namespace ece465::cluster
