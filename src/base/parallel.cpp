#include "ece465/base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "ece465/base/guarded.hpp"

namespace ece465 {

Result<void> parallel_for(unsigned threads, std::size_t count,
                          const std::function<Result<void>(unsigned, std::size_t)>& body) {
  const auto workers = static_cast<unsigned>(std::min<std::size_t>(std::max(1U, threads), count));
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;  // guards failed_index and error
  std::size_t failed_index = count;
  Error error;

  const auto note = [&](std::size_t index, Error&& e) {
    stop = true;
    const std::scoped_lock lock(mutex);
    if (index < failed_index) {
      failed_index = index;
      error = std::move(e);
    }
  };
  const auto work = [&](unsigned worker) {
    while (!stop) {
      const std::size_t index = next.fetch_add(1);
      if (index >= count) return;
      auto result = guarded([&] { return body(worker, index); });
      if (!result) note(index, std::move(result).error());
    }
  };

  {
    std::vector<std::jthread> others;
    for (unsigned worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
    work(0);
  }
  if (failed_index < count) return std::unexpected(std::move(error));
  return {};
}

}  // namespace ece465
