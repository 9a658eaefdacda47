#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ece465/base/limits.hpp"

namespace ece465::wire {

/// How a master tries to talk to a worker that registers without ECE465/2, and so does not name its dialect.
enum class Approach : std::uint8_t {
  documented,  ///< REGISTERED, then a request for an empty chunk, to see whether it is understood
  course,      ///< ACK_REGISTER
  /// Like `documented`, with a chunk of one byte: for workers that take a read of 0 bytes for the end of the stream.
  documented_one_byte,
};

/// Remembers by worker id how to talk to older workers (PROTOCOL section 6). After a failed attempt the next one uses
/// the next approach, in rotation; the approach that worked is tried first when the id returns. The cache never gives
/// up on an id: a wrong guess (a worker killed during the probe, another worker under the same id) costs one reconnect.
/// One per master, used from one thread, kept for the life of the process.
class DialectCache {
 public:
  explicit DialectCache(std::size_t max_ids = WireLimits{}.max_remembered_ids) : max_ids_(max_ids) {}

  /// The attempt of one connection. Attempts of one id may overlap: a half-open connection fails long after its
  /// successor has succeeded. `revision` tells that its failure is outdated.
  struct Attempt {
    Approach approach = Approach::documented;
    std::uint64_t revision = 0;
  };
  [[nodiscard]] Attempt begin(std::string_view id) const;
  void succeeded(std::string_view id, const Attempt& attempt);
  void failed(std::string_view id, const Attempt& attempt);
  /// The worker turned out to speak ECE465/2.
  void forget(std::string_view id);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Approach next = Approach::documented;
    std::uint64_t revision = 0;
  };
  void put(std::string_view id, Approach next);

  std::size_t max_ids_;
  std::uint64_t revision_ = 0;  // counts changes of all entries: the entry with the lowest is the oldest
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ece465::wire
