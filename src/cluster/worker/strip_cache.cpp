#include "worker/strip_cache.hpp"

#include <algorithm>

namespace ece465::cluster {

bool StripCache::reserve(wire::TaskId id, unsigned bits, std::uint64_t bytes) {
  if (bytes > memory_bytes_ - std::min(bytes_, memory_bytes_) || chunks_.contains(id)) return false;
  bytes_ += bytes;
  Chunk chunk;
  chunk.bits = bits;
  chunk.bytes = bytes;
  chunks_.emplace(id, std::move(chunk));
  return true;
}

StripCache::Chunk* StripCache::find(wire::TaskId id) {
  const auto found = chunks_.find(id);
  return found == chunks_.end() ? nullptr : &found->second;
}

Buffer StripCache::take(wire::TaskId id) {
  const auto found = chunks_.find(id);
  Buffer samples = *std::move(found->second.samples);
  chunks_.erase(found);
  return samples;
}

std::optional<Buffer> StripCache::drop(wire::TaskId id) {
  const auto found = chunks_.find(id);
  if (found == chunks_.end()) return std::nullopt;
  bytes_ -= found->second.bytes;
  auto samples = std::move(found->second.samples);
  chunks_.erase(found);
  return samples;
}

std::vector<wire::TaskId> StripCache::ids() const {
  std::vector<wire::TaskId> all;
  all.reserve(chunks_.size());
  for (const auto& [id, chunk] : chunks_) all.push_back(id);
  return all;
}

void StripCache::put_table(wire::TableId id, Buffer table) {
  drop_table(id);
  if (tables_.size() == kMaxTables) tables_.pop_front();
  tables_.emplace_back(id, std::make_shared<const Buffer>(std::move(table)));
}

StripCache::Table StripCache::find_table(wire::TableId id) const {
  const auto found = std::ranges::find(tables_, id, &std::pair<wire::TableId, Table>::first);
  return found == tables_.end() ? nullptr : found->second;
}

void StripCache::drop_table(wire::TableId id) {
  std::erase_if(tables_, [id](const auto& table) { return table.first == id; });
}

}  // namespace ece465::cluster
