#pragma once

#include <optional>
#include <set>
#include <unordered_map>

namespace ece465::mapreduce {

/// An ordered map from keys to ranks that may change: deadlines, completion times, charged bytes. All operations take
/// O(log n), so the scheduler never scans. Ties are broken by key and not by address, so that runs can be replayed.
template <class Key, class Rank>
class Ranking {
 public:
  struct Entry {
    Rank rank;
    Key key;
    auto operator<=>(const Entry&) const = default;
  };

  /// Adds `key`, or moves it to its new rank.
  void put(Key key, Rank rank) {
    const auto [at, added] = ranks_.try_emplace(key, rank);
    if (!added) {
      if (at->second == rank) return;
      order_.erase({at->second, key});
      at->second = rank;
    }
    order_.insert({rank, key});
  }
  /// Does nothing if `key` is absent.
  void remove(Key key) {
    const auto at = ranks_.find(key);
    if (at == ranks_.end()) return;
    order_.erase({at->second, key});
    ranks_.erase(at);
  }

  [[nodiscard]] bool empty() const { return order_.empty(); }
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::optional<Rank> rank_of(Key key) const {
    const auto at = ranks_.find(key);
    return at == ranks_.end() ? std::nullopt : std::optional(at->second);
  }
  [[nodiscard]] std::optional<Entry> first() const {
    return order_.empty() ? std::nullopt : std::optional(*order_.begin());
  }
  [[nodiscard]] std::optional<Entry> last() const {
    return order_.empty() ? std::nullopt : std::optional(*order_.rbegin());
  }
  /// The first entry whose key is not `key`.
  [[nodiscard]] std::optional<Entry> first_except(Key key) const {
    auto at = order_.begin();
    if (at != order_.end() && at->key == key) ++at;
    return at == order_.end() ? std::nullopt : std::optional(*at);
  }
  [[nodiscard]] std::optional<Entry> after(const Entry& entry) const {
    const auto at = order_.upper_bound(entry);
    return at == order_.end() ? std::nullopt : std::optional(*at);
  }
  /// The first entry with a rank greater than `rank`.
  [[nodiscard]] std::optional<Entry> first_above(Rank rank) const {
    auto at = order_.lower_bound({rank, Key{}});
    while (at != order_.end() && at->rank == rank) ++at;
    return at == order_.end() ? std::nullopt : std::optional(*at);
  }

 private:
  std::set<Entry> order_;
  std::unordered_map<Key, Rank> ranks_;
};

}  // namespace ece465::mapreduce
