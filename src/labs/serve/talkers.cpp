#include "talkers.hpp"

#include <functional>

#include "message_buffer.hpp"

namespace ece465::labs {
namespace {

/// Reads more. False: the peer has ended its side, is gone, or must go. `paused`: nothing came for `limits.pause` after
/// part of a message.
net::Task<bool> read_more(net::Stream& stream, MessageBuffer& buffer, const ServeLimits& limits, bool pauses_count,
                          bool& paused) {
  const MutableBytes room = buffer.room();
  if (room.empty()) co_return false;  // a message without end
  const bool waits_for_pause = pauses_count && buffer.partial();
  const auto limit = waits_for_pause ? limits.pause : limits.idle;
  const auto count = co_await stream.read_some(room, limit);
  paused = waits_for_pause && !count && count.error().code == Errc::timeout;
  if (paused) co_return true;
  if (!count || *count == 0) co_return false;
  buffer.filled(*count);
  co_return true;
}

/// "('10.0.0.7', 41234)" → "/10.0.0.7", as Java names an address.
std::string java_name(const std::string& peer) { return "/" + peer.substr(0, peer.rfind(':')); }

}  // namespace

std::string python_name(const std::string& peer) {
  const auto colon = peer.rfind(':');
  if (colon == std::string::npos) return fmt::format("('{}', 0)", peer);
  std::string host = peer.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return fmt::format("('{}', {})", host, peer.substr(colon + 1));
}

net::Task<void> part(net::Stream& stream) {
  stream.end_writing();
  // Closing with unread bytes would reset the connection, and take answers on their way with it.
  std::array<std::byte, 4096> ignored{};
  constexpr int kMostReads = 64;
  for (int i = 0; i < kMostReads; ++i) {
    const auto count = co_await stream.read_some(ignored, std::chrono::seconds(1));
    if (!count || *count == 0) co_return;
  }
}

namespace {

/// Adds the answer to a message. False: the conversation is over.
using Answer = std::function<bool(std::string_view message, std::string& answers)>;

/// Answers messages until the peer ends, `answer` does, or the server stops. `pauses_count`: a message without its
/// newline ends where the sender pauses.
net::Task<void> converse(ServeState& state, net::Stream& stream, bool pauses_count, const Answer& answer) {
  const ServeLimits& limits = state.options.limits;
  MessageBuffer buffer(limits.max_message_bytes);
  std::string answers;
  bool talks = true;
  for (bool more = true; more && talks && !state.stopping;) {
    bool paused = false;
    more = co_await read_more(stream, buffer, limits, pauses_count, paused);
    while (talks) {
      const auto line = buffer.line();
      if (!line) break;
      talks = answer(*line, answers);
    }
    if (talks && (paused || !more)) {
      if (const auto rest = buffer.rest()) talks = answer(*rest, answers);
    }
    if (answers.empty()) continue;
    const auto written = co_await stream.write(as_bytes(answers), limits.write);
    if (!written) break;
    answers.clear();
  }
  co_await part(stream);
}

}  // namespace

net::Task<void> ack_session(ServeState& state, net::Stream stream) {
  const Peers::Entry entry(state.peers, stream);
  const std::string name = python_name(stream.peer());
  state.say(fmt::format("[Server] Connected to {}", name));
  const Answer answer = [&state, &name](std::string_view message, std::string& answers) {
    message = stripped(message);
    ++state.report.messages;
    if (state.hooks.say) state.say(fmt::format("[{}] says: {}", name, message));
    answers.append("Acknowledged ").append(message).append("\n");
    return true;
  };
  co_await converse(state, stream, true, answer);
}

net::Task<void> echo_session(ServeState& state, net::Stream stream) {
  const Peers::Entry entry(state.peers, stream);
  const std::string name = java_name(stream.peer());
  state.say(fmt::format("Client connected: {}", name));
  const Answer answer = [&state](std::string_view line, std::string& answers) {
    ++state.report.messages;
    if (state.hooks.say) state.say(fmt::format("Received from client: {}", line));
    answers.append("Server received: ").append(line).append("\n");
    return line != "exit";
  };
  co_await converse(state, stream, false, answer);
  state.say(fmt::format("Client disconnected: {}", name));
}

}  // namespace ece465::labs
