#pragma once

#include <set>

#include "ece465/net/stream.hpp"

namespace ece465::labs {

/// The connections that are open, so that a stop can close them. On one thread.
class Peers {
 public:
  /// Lets one be closed for as long as this lives.
  class Entry {
   public:
    Entry(Peers& peers, net::Stream& stream) : peers_(peers), stream_(stream) { peers_.open_.insert(&stream_); }
    ~Entry() { peers_.open_.erase(&stream_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    Peers& peers_;
    net::Stream& stream_;
  };

  void close_all() {
    for (net::Stream* stream : open_) stream->close();
  }
  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  std::set<net::Stream*> open_;
};

/// "('10.0.0.7', 41234)", as Python names an address, of what a stream calls its peer.
[[nodiscard]] std::string python_name(const std::string& peer);

}  // namespace ece465::labs
