#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "ece465/wire/message.hpp"
#include "worker/work_item.hpp"

namespace ece465::cluster {

/// What a worker caches for its master between requests: counted samples that are to be mapped, and tables (PROTOCOL
/// section 5). When it is full, new samples are not kept. Old ones are never evicted for them: the master has been told
/// that they are kept, and one that maps its strips in order wants the oldest first.
class StripCache {
 public:
  explicit StripCache(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  /// Samples, under the id of the request that brought them.
  struct Chunk {
    unsigned bits = 8;
    std::uint64_t bytes = 0;
    std::optional<Buffer> samples;          ///< none while they are being counted
    std::shared_ptr<WorkItem> map_request;  ///< the request that maps them as soon as they are counted
  };

  /// Reserves memory for a request's samples. False: not enough left, or the id is in use.
  [[nodiscard]] bool reserve(wire::TaskId id, unsigned bits, std::uint64_t bytes);
  [[nodiscard]] bool contains(wire::TaskId id) const { return chunks_.contains(id); }
  /// Null if there is no such chunk.
  [[nodiscard]] Chunk* find(wire::TaskId id);
  /// Takes a chunk's samples out for mapping. Its memory stays reserved until `release`.
  [[nodiscard]] Buffer take(wire::TaskId id);
  /// Removes a chunk and its reservation. Returns the samples, if they are here.
  std::optional<Buffer> drop(wire::TaskId id);
  /// Ends the reservation that `take` left.
  void release(std::uint64_t bytes) { bytes_ -= bytes; }
  [[nodiscard]] std::vector<wire::TaskId> ids() const;
  /// Memory reserved.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  using Table = std::shared_ptr<const Buffer>;
  /// Keeps a table. It replaces the one with the same id or, beyond `kMaxTables`, the oldest.
  void put_table(wire::TableId id, Buffer table);
  /// Null if it is not cached.
  [[nodiscard]] Table find_table(wire::TableId id) const;
  void drop_table(wire::TableId id);

 private:
  static constexpr std::size_t kMaxTables = 16;  // PROTOCOL section 5

  std::uint64_t memory_bytes_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<wire::TaskId, Chunk> chunks_;
  std::deque<std::pair<wire::TableId, Table>> tables_;  // oldest first
};

}  // namespace ece465::cluster
