#include "api/disk_writer.hpp"

#include <algorithm>

#include "ece465/net/gate.hpp"

namespace ece465::cluster {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

}  // namespace

struct DiskWriter::State {
  State(asio::thread_pool& pool, const asio::any_io_executor& e, std::unique_ptr<OutputFile> f)
      : files(pool), executor(e), file(std::move(f)), idle(e), filling(kBufferBytes), writing(kBufferBytes) {}

  asio::thread_pool& files;
  asio::any_io_executor executor;
  std::unique_ptr<OutputFile> file;
  net::Condition idle;  // notified when a write has ended
  bool busy = false;
  Result<void> outcome;  // of all writes so far
  Buffer filling, writing;
  std::size_t filled = 0, to_write = 0;
  std::uint64_t written = 0;  // including the running write
};

DiskWriter::DiskWriter(asio::thread_pool& files, const asio::any_io_executor& executor,
                       std::unique_ptr<OutputFile> file)
    : state_(std::make_shared<State>(files, executor, std::move(file))) {}

std::uint64_t DiskWriter::bytes() const { return state_->written + state_->filled; }

net::Task<void> DiskWriter::write_behind(std::shared_ptr<State> state) {
  const std::uint64_t offset = state->written - state->to_write;
  state->outcome = co_await net::offload(state->files, [&]() -> Result<void> {
    return state->file->write_at(offset, state->writing.span().first(state->to_write));
  });
  state->busy = false;
  state->idle.notify();
}

net::Task<void> DiskWriter::wait_for_write() {
  while (state_->busy) co_await state_->idle.wait();
}

/// Starts writing the full buffer once the other one is free.
net::Task<Result<void>> DiskWriter::flush() {
  co_await wait_for_write();
  State& state = *state_;
  if (!state.outcome || state.filled == 0) co_return state.outcome;
  state.filling.swap(state.writing);
  state.to_write = std::exchange(state.filled, 0);
  state.written += state.to_write;
  state.busy = true;
  net::spawn(state.executor, write_behind(state_));
  co_return Result<void>{};
}

net::Task<Result<void>> DiskWriter::append(Bytes bytes) {
  State& state = *state_;
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), state.filling.size() - state.filled);
    std::copy_n(bytes.begin(), n, state.filling.data() + state.filled);
    state.filled += n;
    bytes = bytes.subspan(n);
    if (state.filled == state.filling.size()) ECE465_CO_TRY(co_await flush());
  }
  co_return Result<void>{};
}

net::Task<Result<void>> DiskWriter::commit() {
  ECE465_CO_TRY(co_await flush());
  co_await wait_for_write();
  ECE465_CO_TRY(state_->outcome);
  const auto state = state_;
  co_return co_await net::offload(state->files, [&]() -> Result<void> {
    ECE465_TRY(state->file->commit());
    state->file.reset();
    return {};
  });
}

net::Task<void> DiskWriter::discard() {
  co_await wait_for_write();
  const auto state = state_;
  (void)co_await net::offload(state->files, [&]() -> Result<void> {
    state->file.reset();
    return {};
  });
}

}  // namespace ece465::cluster
