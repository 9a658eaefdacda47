#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ece465/base/limits.hpp"

namespace ece465::wire {

/// How a master tries to talk to a worker that registered without ECE465/2, which does not say what it speaks.
enum class Approach : std::uint8_t {
  documented,  ///< REGISTERED, and an empty chunk to see whether it is understood
  course,      ///< ACK_REGISTER
  /// As `documented`, with a chunk of one byte: for workers that take a read of 0 bytes for the end of the stream.
  documented_one_byte,
};

/// What a master knows, by worker id, of how to talk to older workers (PROTOCOL section 6). An attempt that fails
/// makes the next one try the next approach, round and round; what worked is tried first when the id returns.
/// Never gives up on an id: a wrong guess (a worker killed during the probe, another worker under an old id)
/// costs one reconnect. One per master, used from one thread, and worth keeping as long as the process lives.
class DialectCache {
 public:
  explicit DialectCache(std::size_t max_ids = WireLimits{}.max_remembered_ids) : max_ids_(max_ids) {}

  /// One connection's try. Attempts of one id may overlap: a half-dead connection fails long after its
  /// successor has succeeded. `round` tells that its failure is then news of yesterday.
  struct Attempt {
    Approach approach = Approach::documented;
    std::uint64_t round = 0;
  };
  [[nodiscard]] Attempt begin(std::string_view id) const;
  void succeeded(std::string_view id, const Attempt& attempt);
  void failed(std::string_view id, const Attempt& attempt);
  /// The id turned out to speak ECE465/2.
  void forget(std::string_view id);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Approach next = Approach::documented;
    std::uint64_t round = 0;
  };
  void put(std::string_view id, Approach next);

  std::size_t max_ids_;
  std::uint64_t rounds_ = 0;  // one per change of any entry: the entry with the lowest is the oldest
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ece465::wire
