#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"
#include "ece465/labs/dine.hpp"
#include "ece465/net/address.hpp"

/// The course's TCP servers, and clients for them.

namespace ece465::labs {

enum class Protocol : std::uint8_t {
  ack,    ///< answers "Acknowledged <message>"
  echo,   ///< answers "Server received: <line>", and closes after "exit"
  table,  ///< the dining philosophers' coordinator
};

/// All limits on what a peer can consume.
struct ServeLimits {
  /// Concurrent connections. Further ones wait in the system's accept queue.
  std::size_t max_connections = 10'000;
  /// A message or line. A longer one closes the connection.
  std::size_t max_message_bytes = std::size_t{64} << 10;
  /// The course's client sends no newline: a message also ends when the sender pauses for this long.
  std::chrono::milliseconds pause{50};
  /// A peer that sends nothing for this long is disconnected.
  std::chrono::milliseconds idle = std::chrono::minutes(10);
  /// A peer that does not accept any of its answers for this long is disconnected.
  std::chrono::milliseconds write = std::chrono::seconds(10);
  /// A philosopher that eats for longer loses the forks and the connection, since its neighbours are waiting.
  std::chrono::milliseconds meal = std::chrono::minutes(1);
  /// How long a stop waits for pending answers.
  std::chrono::milliseconds stop = std::chrono::seconds(2);
};

struct ServeOptions {
  Protocol protocol = Protocol::ack;
  net::Address address;
  int seats = 5;  ///< of a table
  OnBusy on_busy = OnBusy::queue;
  ServeLimits limits;
};

/// Callbacks; each may be empty.
struct ServeHooks {
  /// A line of the server's output, without newline. Contains what peers sent, unescaped.
  std::function<void(std::string_view line)> on_line{};
  /// A problem that concerns no single peer, e.g. the open-file limit is reached.
  std::function<void(std::string_view message)> on_warning{};
  std::function<void(const net::Address& address)> on_listening{};
};

struct ServeReport {
  std::uint64_t connections = 0, messages = 0;
  std::size_t peak_connections = 0;
  std::string violation;  ///< of a table: see DineReport
};

/// Serves on the calling thread until `stop`. Fails with `unavailable` if the port is in use.
[[nodiscard]] Result<ServeReport> serve(const ServeOptions& options, const ServeHooks& hooks, std::stop_token stop);

/// What each client of a load test sends, and how often.
struct LoadOptions {
  net::Address server;
  std::size_t connections = 1;
  std::uint64_t requests = 1;  ///< per connection
  std::string message = "ping";
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< for connecting, and for each answer
};

struct LoadReport {
  std::uint64_t answered = 0, failed = 0;
  std::string first_failure;
  std::chrono::nanoseconds elapsed{};
  std::chrono::nanoseconds min{}, median{}, p90{}, p99{}, p999{}, max{};  ///< from request to answer
};

/// Opens all connections, then lets each send requests, one after the other, waiting for each answer; on one thread.
/// Fails if no connection can be opened; other failures are counted.
[[nodiscard]] Result<LoadReport> load(const LoadOptions& options, std::stop_token stop);

struct PhilosopherOptions {
  net::Address server;
  int id = 0;  ///< shown in messages; the course's programs draw it from 100 to 999
  DurationRange think{std::chrono::seconds(1), std::chrono::seconds(3)};
  std::uint64_t requests = 0;  ///< ends after this many; 0: no limit
  std::uint64_t seed = 1;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);  ///< for connecting, and for each answer
  std::chrono::milliseconds retry_min{500}, retry_max{10'000};   ///< between attempts to connect, doubling
};

/// The course's networked philosopher: thinks, asks to eat, prints the answer, starts over. Reconnects to a coordinator
/// that is lost. Returns the number of answers; a stop is not an error.
[[nodiscard]] Result<std::uint64_t> run_philosopher(const PhilosopherOptions& options, const ServeHooks& hooks,
                                                    std::stop_token stop);

/// A connection for one request and answer at a time. Not thread-safe.
class Conversation {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Conversation>> open(const net::Address& server,
                                                                  std::chrono::milliseconds timeout,
                                                                  const std::stop_token& stop);
  virtual ~Conversation() = default;
  /// Sends a line and waits for the answer; nothing if the server closed the connection instead.
  [[nodiscard]] virtual Result<std::optional<std::string>> ask(std::string_view line, const std::stop_token& stop) = 0;
};

}  // namespace ece465::labs
