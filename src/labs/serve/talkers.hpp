#pragma once

#include "ece465/labs/serve.hpp"
#include "ece465/net/stream.hpp"
#include "peers.hpp"

namespace ece465::labs {

/// What all sessions of a server share.
struct ServeState {
  const ServeOptions& options;
  const ServeHooks& hooks;
  Peers peers;
  ServeReport report;
  bool stopping = false;

  void say(const std::string& line) const {
    if (hooks.say) hooks.say(line);
  }
};

/// One peer from its first byte to its last. `state` outlives it.
[[nodiscard]] net::Task<void> ack_session(ServeState& state, net::Stream stream);
[[nodiscard]] net::Task<void> echo_session(ServeState& state, net::Stream stream);

/// Says goodbye: what was written arrives even when the peer has sent what nobody read.
[[nodiscard]] net::Task<void> part(net::Stream& stream);

}  // namespace ece465::labs
