#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/api.hpp"
#include "ece465/net/gate.hpp"

namespace ece465::cluster {

/// Small JPEGs of images: made on the cpu pool, a few at a time, and cached. On the loop's thread.
class PreviewCache {
 public:
  explicit PreviewCache(ApiContext& context) : context_(context) {}

  using Jpeg = std::shared_ptr<const std::vector<std::byte>>;
  /// The preview of an open file, at most `side` pixels wide and high. Concurrent requests for the same preview share
  /// one computation. Fails as `image::make_preview`, and with `unavailable` if too many wait.
  [[nodiscard]] net::Task<Result<Jpeg>> get(DataFolder::Opened file, std::uint32_t side);

  /// A preview's key, also for its ETag.
  [[nodiscard]] static std::string key(const DataFolder::Opened& file, std::uint32_t side);

 private:
  struct Pending {
    explicit Pending(const asio::any_io_executor& executor) : done(executor) {}
    net::Condition done;
    std::optional<Result<Jpeg>> outcome;
  };
  struct Entry {
    Jpeg jpeg;
    std::list<std::string>::iterator order;
  };

  [[nodiscard]] net::Task<Result<Jpeg>> make(const ByteSource& source, std::uint32_t side);
  void keep(const std::string& key, const Jpeg& jpeg);

  ApiContext& context_;
  std::unordered_map<std::string, std::shared_ptr<Pending>> pending_;
  std::size_t running_ = 0;
  std::list<std::shared_ptr<net::Condition>> queue_;  // computations that wait, first come first served
  std::list<std::string> order_;                      // keys, most recently used first
  std::unordered_map<std::string, Entry> entries_;
  std::size_t cached_bytes_ = 0;
};

}  // namespace ece465::cluster
