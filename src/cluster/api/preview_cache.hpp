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

/// Small JPEGs of images, made on the cpu pool, a few at a time, and kept for a while. On the loop's thread.
class Previews {
 public:
  explicit Previews(ApiContext& context) : context_(context) {}

  using Jpeg = std::shared_ptr<const std::vector<std::byte>>;
  /// The preview of a file as it was opened, at most `side` pixels wide and high. Many who ask for the same while it is
  /// made get the one that is being made. Fails with what `image::make_preview` says, and with `unavailable`
  /// when too many wait.
  [[nodiscard]] net::Task<Result<Jpeg>> get(DataFolder::Opened file, std::uint32_t side);

  /// The key of a preview, good for an ETag.
  [[nodiscard]] static std::string key(const DataFolder::Opened& file, std::uint32_t side);

 private:
  struct Making {
    explicit Making(const asio::any_io_executor& executor) : done(executor) {}
    net::Event done;
    std::optional<Result<Jpeg>> outcome;
  };
  struct Kept {
    Jpeg jpeg;
    std::list<std::string>::iterator place;
  };

  [[nodiscard]] net::Task<Result<Jpeg>> make(const ByteSource& source, std::uint32_t side);
  void keep(const std::string& key, const Jpeg& jpeg);

  ApiContext& context_;
  std::unordered_map<std::string, std::shared_ptr<Making>> making_;
  std::size_t at_work_ = 0;
  std::list<std::shared_ptr<net::Event>> queue_;  // who waits for a turn, the first one first
  std::list<std::string> order_;                  // keys, the one asked for last at the front
  std::unordered_map<std::string, Kept> kept_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace ece465::cluster
