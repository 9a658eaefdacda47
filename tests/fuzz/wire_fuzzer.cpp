#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ece465/wire/handshake.hpp"
#include "ece465/wire/histogram_codec.hpp"
#include "wire_decode.hpp"

// The worker protocol with arbitrary input of a peer. The first byte chooses what is done with the rest; besides
// crashes, each part checks properties that must hold.

using namespace ece465;
using namespace ece465::wire;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A message that is encoded again must be decoded to the same message.
void check_round_trip(const Decoded& decoded, const Peer& peer) {
  const Message& message = decoded.header.message;
  if (std::holds_alternative<Ignored>(message)) return;
  // In a LOG without a valid id, the first word of the text may look like one when it is encoded again.
  if (const auto* log = std::get_if<Log>(&message); log != nullptr && log->worker.empty()) return;
  const std::string bytes = to_line(message, decoded.header.dialect) + std::string(as_text(decoded.body));
  const auto again = decode(as_bytes(bytes), peer);
  require(std::holds_alternative<Decoded>(again));
  require(std::get<Decoded>(again).header == decoded.header);
  require(std::get<Decoded>(again).consumed == bytes.size());
}

/// Reads a whole stream of messages.
void read_stream(Bytes in, const Peer& peer) {
  while (true) {
    const auto result = decode(in, peer);
    if (std::holds_alternative<NeedMore>(result)) return;
    if (const auto* error = std::get_if<Error>(&result)) return require(!error->text().empty());
    const auto& decoded = std::get<Decoded>(result);
    require(decoded.consumed > 0 && decoded.consumed <= in.size());
    require(decoded.body.size() == body_bytes(decoded.header.message));
    require(decoded.body.size() <= peer.limits.max_payload_bytes + 131'072);
    require(std::holds_alternative<NeedMore>(decode(in.first(decoded.consumed - 1), peer)));
    check_round_trip(decoded, peer);
    if (const auto* histogram = std::get_if<HistResult>(&decoded.header.message)) {
      std::vector<std::uint64_t> counts(std::size_t{1} << histogram->bits);
      (void)read_counts(*histogram, decoded.body, counts);
    }
    in = in.subspan(decoded.consumed);
  }
}

void read_text_histogram(Bytes in) {
  for (const std::size_t levels : {std::size_t{3}, std::size_t{256}}) {
    const auto counts = parse_json_counts(as_text(in), levels);
    if (!counts) continue;
    require(counts->size() == levels);
    std::string text;
    append_json_counts(text, *counts);
    require(parse_json_counts(text, levels) == *counts);
  }
}

void read_packed_histogram(Bytes in) {
  for (const std::size_t levels : {std::size_t{3}, std::size_t{256}, std::size_t{65'536}}) {
    std::vector<std::uint64_t> counts(levels);
    if (!parse_packed_counts(in, counts)) continue;
    std::string packed;
    append_packed_counts(packed, counts);
    require(packed == as_text(in));  // one histogram, one encoding
  }
}

/// Plays one connection after the other: a peer's messages with some deadlines and disconnects.
template <class Connect, class On, class OnDeadline, class OnEnd, class GetPeer, class OnError>
void play(Bytes in, Connect connect, On on, OnDeadline on_deadline, OnEnd on_end, GetPeer peer, OnError on_error) {
  connect();
  while (!in.empty()) {
    const auto event = std::to_integer<unsigned>(in[0]);
    in = in.subspan(1);
    if (event == 0) {
      on_deadline();
    } else if (event == 1) {
      on_end();
      connect();
    } else {
      const auto result = decode(in, peer());
      if (std::holds_alternative<NeedMore>(result)) return;
      if (const auto* error = std::get_if<Error>(&result)) return on_error(*error);
      on(std::get<Decoded>(result).header);
      in = in.subspan(std::get<Decoded>(result).consumed);
    }
  }
}

void shake_hands_as_master(Bytes in) {
  DialectCache memory(4);
  const Terms terms{2, true, std::chrono::milliseconds(5000), 1024};
  std::optional<MasterHandshake> handshake;
  const auto check = [&](const Step& step) {
    require(step.send.empty() || step.send.back() == '\n' || step.send.back() == '\0');
    if (handshake->state() == MasterHandshake::State::failed) require(!handshake->error().text().empty());
    require(memory.size() <= 4);
  };
  play(
      in, [&] { check(handshake.emplace(memory, terms, WireLimits{}, HandshakeTimeouts{}).start()); },
      [&](const Header& header) { check(handshake->on(header)); }, [&] { check(handshake->on_deadline()); },
      [&] { handshake->on_disconnect(); }, [&] { return handshake->peer(); },
      [&](const Error& error) { check(handshake->on_error(error)); });
}

void shake_hands_as_worker(Bytes in) {
  WorkerHandshake handshake("w", Offer{2, 1, 1024, 1024, 1024, true, {"bytes"}}, WireLimits{}, HandshakeTimeouts{});
  const auto check = [&](const Step&) {
    if (handshake.state() == WorkerHandshake::State::failed) require(!handshake.error().text().empty());
  };
  play(
      in, [&] { check(handshake.start()); }, [&](const Header& header) { check(handshake.on(header)); },
      [&] { check(handshake.on_deadline()); }, [&] { handshake.on_end(); }, [&] { return handshake.peer(); },
      [](const Error&) {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes in = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 8) {
    case 0: read_stream(in, {Sender::worker, false, {}}); break;
    case 1: read_stream(in, {Sender::master, false, {}}); break;
    case 2: read_stream(in, {Sender::worker, true, {}}); break;
    case 3: read_stream(in, {Sender::master, true, {}}); break;
    case 4: read_text_histogram(in); break;
    case 5: read_packed_histogram(in); break;
    case 6: shake_hands_as_master(in); break;
    case 7: shake_hands_as_worker(in); break;
  }
  return 0;
}
