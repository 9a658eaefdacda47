#pragma once

#include <cstdint>
#include <memory>

#include "ece465/base/byte_sink.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::cluster {

/// Writes a file on the files pool while its content arrives. With two buffers, one is filled while the other is
/// written: memory is constant, and disk and network overlap.
class DiskWriter {
 public:
  DiskWriter(asio::thread_pool& files, const asio::any_io_executor& executor, std::unique_ptr<OutputFile> file);

  /// Copies `bytes`; waits only if both buffers are full. Reports errors of earlier writes, too: `io` or `no_space`.
  [[nodiscard]] net::Task<Result<void>> append(Bytes bytes);
  /// Writes the rest and gives the file its name.
  [[nodiscard]] net::Task<Result<void>> commit();
  /// Deletes the file unless it was committed. Not done by the destructor, because freeing gigabytes takes a file
  /// system long enough to stall the loop.
  [[nodiscard]] net::Task<void> discard();
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct State;
  [[nodiscard]] static net::Task<void> write_behind(std::shared_ptr<State> state);
  [[nodiscard]] net::Task<Result<void>> flush();
  [[nodiscard]] net::Task<void> wait_for_write();

  std::shared_ptr<State> state_;  // shared with the running write
};

}  // namespace ece465::cluster
