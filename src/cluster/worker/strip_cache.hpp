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

/// What a worker holds for its master between requests: samples that were counted and will be mapped, and tables
/// (PROTOCOL section 5). When there is no room for more samples, new ones are not kept: what is held already has
/// been promised as well, and a master that goes through its strips in order wants the oldest first.
class StripCache {
 public:
  explicit StripCache(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  /// Samples that are kept under the id of the request that brought them.
  struct Chunk {
    unsigned bits = 8;
    std::uint64_t bytes = 0;
    std::optional<Buffer> samples;  ///< none yet: they are being counted
    std::shared_ptr<Work> claim;    ///< who gets them as soon as they are
  };

  /// Sets room aside for a request's samples; false: there is not enough, or the id holds samples already.
  [[nodiscard]] bool reserve(wire::TaskId id, unsigned bits, std::uint64_t bytes);
  [[nodiscard]] bool holds(wire::TaskId id) const { return chunks_.contains(id); }
  /// Null when nothing is held under that id.
  [[nodiscard]] Chunk* find(wire::TaskId id);
  /// Takes a chunk's samples out for mapping. Its room stays taken until `release`.
  [[nodiscard]] Buffer take(wire::TaskId id);
  /// Forgets a chunk and frees its room; the samples, if they are here.
  std::optional<Buffer> drop(wire::TaskId id);
  /// Frees room that `take` left taken.
  void release(std::uint64_t bytes) { bytes_ -= bytes; }
  /// The ids of all chunks.
  [[nodiscard]] std::vector<wire::TaskId> ids() const;
  /// Room taken.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  using Table = std::shared_ptr<const Buffer>;
  /// Holds a table, in place of one of that id, if any, else of the oldest when there are too many.
  void put_table(wire::TableId id, Buffer table);
  /// Null when it is not held (any more).
  [[nodiscard]] Table find_table(wire::TableId id) const;
  void drop_table(wire::TableId id);

 private:
  static constexpr std::size_t kMaxTables = 16;

  std::uint64_t memory_bytes_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<wire::TaskId, Chunk> chunks_;
  std::deque<std::pair<wire::TableId, Table>> tables_;  // the oldest first
};

}  // namespace ece465::cluster
