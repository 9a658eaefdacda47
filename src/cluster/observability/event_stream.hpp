#pragma once

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
  /// What is held for viewers that lag, in events and in bytes; the oldest goes first.
  std::size_t events = 1024;
  std::size_t bytes = std::size_t{4} << 20;
  /// A viewer gets what has come together at most so often: a busy job's updates cost it 10 writes a second.
  net::Duration pace = std::chrono::milliseconds(100);
};

/// Events to all who watch (/api/v1/events), as server-sent events. On the loop's thread.
///
/// All viewers read one common queue, each from its own place: an event costs the same for one viewer and for a
/// thousand. The queue is bounded: a viewer that lags too far loses the oldest events and is told so (event
/// `gap`), and never slows the master. An event with a key replaces those with the same key
/// that a viewer has not got yet.
class EventStream {
 private:
  struct State;

 public:
  explicit EventStream(const asio::any_io_executor& executor, EventStreamLimits limits = {});

  /// `data`: one line of JSON. `key`: "job/7" when only the latest matters.
  void publish(std::string_view event, std::string data, std::string_view key = {});
  /// Nobody watches: do not even build the JSON.
  [[nodiscard]] bool has_subscribers() const;
  [[nodiscard]] std::size_t viewers() const;
  /// Ends every viewer: to be called when the master stops, before it waits for requests in flight.
  void close();

  /// One who watches, from now on. May outlive the broadcast.
  class Subscriber {
   public:
    explicit Subscriber(EventStream& broadcast);
    ~Subscriber();
    Subscriber(Subscriber&&) noexcept = default;
    Subscriber& operator=(Subscriber&&) = delete;

    /// What has come since the last call, ready to be sent; waits for something at most `limit`, and returns
    /// "" when nothing came. Nothing: closed.
    [[nodiscard]] net::Task<std::optional<std::string>> next(net::Duration limit);

   private:
    std::shared_ptr<State> state_;
    std::uint64_t at_ = 0;  // the number of the event that comes next
    std::chrono::steady_clock::time_point ready_{};
  };

 private:
  std::shared_ptr<State> state_;
};

/// One server-sent event; lines of `data` become lines of the event.
[[nodiscard]] std::string event_text(std::string_view event, std::string_view data);

}  // namespace ece465::cluster
