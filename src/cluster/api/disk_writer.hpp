#pragma once

#include <cstdint>
#include <memory>

#include "ece465/base/byte_sink.hpp"
#include "ece465/net/offload.hpp"

namespace ece465::cluster {

/// Writes a file on the files pool while its content still arrives: one buffer fills as the other is written, so memory
/// is constant and neither the disk nor the network waits for the other more than it must.
class DiskWriter {
 public:
  DiskWriter(asio::thread_pool& files, const asio::any_io_executor& executor, std::unique_ptr<OutputFile> file);

  /// Takes a copy of `bytes`; waits only when both buffers are full. Fails with `io` or `no_space`, also for what was
  /// taken earlier.
  [[nodiscard]] net::Task<Result<void>> append(Bytes bytes);
  /// Writes what is left and gives the file its name.
  [[nodiscard]] net::Task<Result<void>> commit();
  /// Drops the file (unless it was committed). Not left to the destructor: giving gigabytes back takes a file system
  /// its time, and the loop has none.
  [[nodiscard]] net::Task<void> discard();
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct State;
  [[nodiscard]] static net::Task<void> write_behind(std::shared_ptr<State> state);
  [[nodiscard]] net::Task<Result<void>> flush();
  [[nodiscard]] net::Task<void> settle();

  std::shared_ptr<State> state_;  // shared with the write that runs
};

}  // namespace ece465::cluster
