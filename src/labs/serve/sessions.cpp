#include "sessions.hpp"

#include <array>
#include <functional>

#include "message_buffer.hpp"

namespace ece465::labs {
namespace {

/// False: the peer closed its side, is gone or exceeded a limit. `paused`: nothing came for `limits.pause` after an
/// incomplete line.
net::Task<bool> read_more(net::Stream& stream, MessageBuffer& buffer, const ServeLimits& limits,
                          bool pause_ends_message, bool& paused) {
  const MutableBytes free_space = buffer.free_space();
  if (free_space.empty()) co_return false;  // the message is too long
  const bool waits_for_pause = pause_ends_message && buffer.partial();
  const auto limit = waits_for_pause ? limits.pause : limits.idle;
  const auto count = co_await stream.read_some(free_space, limit);
  paused = waits_for_pause && !count && count.error().code == Errc::timeout;
  if (paused) co_return true;
  if (!count || *count == 0) co_return false;
  buffer.filled(*count);
  co_return true;
}

/// A stream's peer as Java prints an address: "/10.0.0.7".
std::string java_address(const std::string& peer) { return "/" + peer.substr(0, peer.rfind(':')); }

}  // namespace

std::string python_address(const std::string& peer) {
  const auto colon = peer.rfind(':');
  if (colon == std::string::npos) return fmt::format("('{}', 0)", peer);
  std::string host = peer.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return fmt::format("('{}', {})", host, peer.substr(colon + 1));
}

net::Task<void> close_gracefully(net::Stream& stream) {
  stream.end_writing();
  // Closing a socket with unread bytes resets the connection, and the peer may lose answers that it has not read yet.
  std::array<std::byte, 4096> ignored{};
  constexpr int kMaxReads = 64;
  for (int i = 0; i < kMaxReads; ++i) {
    const auto count = co_await stream.read_some(ignored, std::chrono::seconds(1));
    if (!count || *count == 0) co_return;
  }
}

namespace {

/// Appends the answer to a message. False: close the connection.
using Handler = std::function<bool(std::string_view message, std::string& answers)>;

/// Answers messages until the peer closes its side, `handle` returns false, or the server stops. `pause_ends_message`:
/// see ServeLimits::pause.
net::Task<void> serve_messages(ServeState& state, net::Stream& stream, bool pause_ends_message, const Handler& handle) {
  const ServeLimits& limits = state.options.limits;
  MessageBuffer buffer(limits.max_message_bytes);
  std::string answers;
  bool open = true;
  for (bool more = true; more && open && !state.stopping;) {
    bool paused = false;
    more = co_await read_more(stream, buffer, limits, pause_ends_message, paused);
    while (open) {
      const auto line = buffer.line();
      if (!line) break;
      open = handle(*line, answers);
    }
    if (open && (paused || !more)) {
      if (const auto rest = buffer.rest()) open = handle(*rest, answers);
    }
    if (answers.empty()) continue;
    const auto written = co_await stream.write(as_bytes(answers), limits.write);
    if (!written) break;
    answers.clear();
  }
  co_await close_gracefully(stream);
}

}  // namespace

net::Task<void> ack_session(ServeState& state, net::Stream stream) {
  const OpenStreams::Entry entry(state.streams, stream);
  const std::string name = python_address(stream.peer());
  state.print(fmt::format("[Server] Connected to {}", name));
  const Handler handle = [&state, &name](std::string_view message, std::string& answers) {
    message = stripped(message);
    ++state.report.messages;
    if (state.hooks.on_line) state.print(fmt::format("[{}] says: {}", name, message));
    answers.append("Acknowledged ").append(message).append("\n");
    return true;
  };
  co_await serve_messages(state, stream, true, handle);
}

net::Task<void> echo_session(ServeState& state, net::Stream stream) {
  const OpenStreams::Entry entry(state.streams, stream);
  const std::string name = java_address(stream.peer());
  state.print(fmt::format("Client connected: {}", name));
  const Handler handle = [&state](std::string_view line, std::string& answers) {
    ++state.report.messages;
    if (state.hooks.on_line) state.print(fmt::format("Received from client: {}", line));
    answers.append("Server received: ").append(line).append("\n");
    return line != "exit";
  };
  co_await serve_messages(state, stream, false, handle);
  state.print(fmt::format("Client disconnected: {}", name));
}

}  // namespace ece465::labs
