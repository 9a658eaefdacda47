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

/// The course's TCP servers, and clients of them.

namespace ece465::labs {

enum class Protocol : std::uint8_t {
  ack,    ///< answers "Acknowledged <message>"
  echo,   ///< answers "Server received: <line>", and ends after "exit"
  table,  ///< the dining philosophers' coordinator
};

/// Everything that a peer can use up, in one place.
struct ServeLimits {
  /// Connections at once. More wait in the system's queue.
  std::size_t max_connections = 10'000;
  /// A message, or a line. A longer one ends the connection.
  std::size_t max_message_bytes = std::size_t{64} << 10;
  /// A message of the notes' client has no newline: it ends where the sender pauses for so long.
  std::chrono::milliseconds pause{50};
  /// A peer that says nothing for so long is let go.
  std::chrono::milliseconds idle = std::chrono::minutes(10);
  /// A peer that takes nothing of its answers for so long is let go.
  std::chrono::milliseconds write = std::chrono::seconds(10);
  /// Who eats for longer loses the forks, and the connection: neighbours are waiting.
  std::chrono::milliseconds meal = std::chrono::minutes(1);
  /// How long a stop waits for answers on their way.
  std::chrono::milliseconds stop = std::chrono::seconds(2);
};

struct ServeOptions {
  Protocol protocol = Protocol::ack;
  net::Address address;
  int seats = 5;  ///< of a table
  OnBusy on_busy = OnBusy::queue;
  ServeLimits limits;
};

struct ServeHooks {
  /// One line of the server's, without its newline; what peers sent is in it as it came. Empty: nobody listens.
  std::function<void(std::string_view line)> say{};
  /// Something that concerns no single peer: no more files can be opened.
  std::function<void(std::string_view what)> note{};
  /// It listens, there.
  std::function<void(const net::Address& address)> listening{};
};

struct ServeReport {
  std::uint64_t connections = 0, messages = 0;
  std::size_t most_at_once = 0;
  std::string breach;  ///< of a table: see DineReport
};

/// Serves on one thread, the caller's, until `stop`. Fails with `unavailable` when the port is in use.
[[nodiscard]] Result<ServeReport> serve(const ServeOptions& options, const ServeHooks& hooks, std::stop_token stop);

/// What a client says and how often.
struct LoadOptions {
  net::Address server;
  std::size_t connections = 1;
  std::uint64_t requests = 1;  ///< by each
  std::string message = "ping";
  std::chrono::milliseconds patience = std::chrono::seconds(10);  ///< for a connection, and for an answer
};

struct LoadReport {
  std::uint64_t answered = 0, failed = 0;
  std::string first_failure;
  std::chrono::nanoseconds elapsed{};
  std::chrono::nanoseconds least{}, median{}, p90{}, p99{}, p999{}, most{};  ///< from a request to its answer
};

/// Connects so often, and lets each connection ask and wait for its answer, again and again; on one thread. Fails when
/// no connection came about; otherwise failures are counted.
[[nodiscard]] Result<LoadReport> load(const LoadOptions& options, std::stop_token stop);

struct PhilosopherOptions {
  net::Address server;
  int id = 0;  ///< a name, 100 to 999 in the notes
  Span think{std::chrono::seconds(1), std::chrono::seconds(3)};
  std::uint64_t requests = 0;  ///< ends after so many; 0: never
  std::uint64_t seed = 1;
  std::chrono::milliseconds patience = std::chrono::seconds(10);   ///< for a connection, and for an answer
  std::chrono::milliseconds retry_min{500}, retry_max{10'000};  ///< between attempts to connect, doubling
};

/// The notes' networked philosopher: thinks, asks to eat, prints the answer, starts over; a lost coordinator is looked
/// for until it is back. Returns how many answers came; `cancelled` never: a stop is an ordinary end.
[[nodiscard]] Result<std::uint64_t> run_philosopher(const PhilosopherOptions& options, const ServeHooks& hooks,
                                                    std::stop_token stop);

/// A connection for questions one after the other. Not thread-safe.
class Conversation {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Conversation>> open(const net::Address& server,
                                                                  std::chrono::milliseconds patience,
                                                                  const std::stop_token& stop);
  virtual ~Conversation() = default;
  /// Sends a line and waits for the answer's; nothing when the server has ended the conversation instead.
  [[nodiscard]] virtual Result<std::optional<std::string>> ask(std::string_view line, const std::stop_token& stop) = 0;
};

}  // namespace ece465::labs
