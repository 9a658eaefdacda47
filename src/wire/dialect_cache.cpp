#include "ece465/wire/dialect_cache.hpp"

#include <algorithm>

namespace ece465::wire {
namespace {

Approach after(Approach approach) {
  switch (approach) {
    case Approach::documented: return Approach::course;
    case Approach::course: return Approach::documented_one_byte;
    case Approach::documented_one_byte: return Approach::documented;
  }
  return Approach::documented;
}

}  // namespace

DialectCache::Attempt DialectCache::begin(std::string_view id) const {
  const auto found = entries_.find(std::string(id));
  if (found == entries_.end()) return {};
  return {found->second.next, found->second.revision};
}

void DialectCache::succeeded(std::string_view id, const Attempt& attempt) { put(id, attempt.approach); }

void DialectCache::failed(std::string_view id, const Attempt& attempt) {
  if (begin(id).revision == attempt.revision) put(id, after(attempt.approach));
}

void DialectCache::forget(std::string_view id) { entries_.erase(std::string(id)); }

void DialectCache::put(std::string_view id, Approach next) {
  const auto [entry, is_new] = entries_.insert_or_assign(std::string(id), Entry{next, ++revision_});
  if (!is_new || entries_.size() <= max_ids_) return;
  // A linear search, but only beyond a number of ids that no real cluster reaches.
  entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                  [](const auto& a, const auto& b) { return a.second.revision < b.second.revision; }));
}

}  // namespace ece465::wire
