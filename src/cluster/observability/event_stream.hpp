#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ece465/net/gate.hpp"

namespace ece465::cluster {

struct EventStreamLimits {
  /// Events, and their bytes, that are queued for slow subscribers; the oldest are dropped.
  std::size_t events = 1024;
  std::size_t bytes = std::size_t{4} << 20;
  /// Minimum time between two deliveries to a subscriber: updates of a busy job cost it 10 writes a second.
  net::Duration min_interval = std::chrono::milliseconds(100);
};

/// Server-sent events for the subscribers of /api/v1/events. On the loop's thread.
///
/// All subscribers read one common queue, each from its own position, so that publishing costs the same for one and for
/// a thousand. The queue is bounded: a subscriber that falls too far behind loses the oldest events, is sent the event
/// `gap`, and never slows the master down. An event with a key supersedes undelivered ones with the same key.
class EventStream {
 private:
  struct State;

 public:
  explicit EventStream(const asio::any_io_executor& executor, EventStreamLimits limits = {});

  /// `data`: usually one line of JSON. `key`: for example "job/7", if only the latest event with this key matters.
  void publish(std::string_view event, std::string data, std::string_view key = {});
  /// If false, callers can save the cost of building the JSON.
  [[nodiscard]] bool has_subscribers() const;
  [[nodiscard]] std::size_t subscribers() const;
  /// Ends all subscriptions. Call it when the master stops, before waiting for requests in flight.
  void close();

  /// Receives the events from its construction on. May outlive the stream.
  class Subscriber {
   public:
    explicit Subscriber(EventStream& events);
    ~Subscriber();
    Subscriber(Subscriber&&) noexcept = default;
    Subscriber& operator=(Subscriber&&) = delete;

    /// The text of all events since the last call; waits for one at most `limit`, then returns "". Nullopt: closed.
    [[nodiscard]] net::Task<std::optional<std::string>> next(net::Duration limit);

   private:
    std::shared_ptr<State> state_;
    std::uint64_t position_ = 0;  // number of the next event
    std::chrono::steady_clock::time_point next_delivery_{};
  };

 private:
  std::shared_ptr<State> state_;
};

/// One server-sent event. Each line of `data` becomes a data line.
[[nodiscard]] std::string event_text(std::string_view event, std::string_view data);

}  // namespace ece465::cluster
