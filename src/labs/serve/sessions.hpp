#pragma once

#include <set>

#include "ece465/labs/serve.hpp"
#include "ece465/net/stream.hpp"

namespace ece465::labs {

/// The open connections, so that a stop can close them. On one thread.
class OpenStreams {
 public:
  /// Registers a stream for this object's lifetime.
  class Entry {
   public:
    Entry(OpenStreams& streams, net::Stream& stream) : set_(streams.set_), stream_(stream) { set_.insert(&stream_); }
    ~Entry() { set_.erase(&stream_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::set<net::Stream*>& set_;
    net::Stream& stream_;
  };

  void close_all() {
    for (net::Stream* stream : set_) stream->close();
  }

 private:
  std::set<net::Stream*> set_;
};

/// State that all sessions of a server share.
struct ServeState {
  const ServeOptions& options;
  const ServeHooks& hooks;
  OpenStreams streams;
  ServeReport report;
  bool stopping = false;

  void print(const std::string& line) const {
    if (hooks.on_line) hooks.on_line(line);
  }
};

/// Serve one connection from start to end. `state` outlives it.
[[nodiscard]] net::Task<void> ack_session(ServeState& state, net::Stream stream);
[[nodiscard]] net::Task<void> echo_session(ServeState& state, net::Stream stream);

/// Ends a connection so that pending answers arrive even if the peer sent data that was never read.
[[nodiscard]] net::Task<void> close_gracefully(net::Stream& stream);

/// A stream's peer as Python prints an address: "('10.0.0.7', 41234)".
[[nodiscard]] std::string python_address(const std::string& peer);

}  // namespace ece465::labs
