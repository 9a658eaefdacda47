// What philosophers, clients and people send: messages, lines in pieces, records. The first byte chooses.

#include <algorithm>
#include <cstdlib>
#include <string>

#include "dining/message.hpp"
#include "ece465/labs/marshal.hpp"
#include "serve/message_buffer.hpp"

using namespace ece465;
using namespace ece465::labs;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void message(std::string_view text) {
  const auto decoded = decode(text);
  if (!decoded) return;
  std::string line = encode(*decoded);
  check(line.ends_with('\n'));
  line.pop_back();
  const auto again = decode(line);
  check(again && again->action == decoded->action && again->pid == decoded->pid);
}

/// Lines that come in pieces of seven bytes are those of the whole.
void lines(std::string_view text) {
  MessageBuffer buffer(4096);
  std::string joined;
  for (std::size_t at = 0; at < text.size();) {
    const auto free_space = buffer.free_space();
    if (free_space.empty()) return;
    const auto piece = as_bytes(text.substr(at, std::min<std::size_t>(7, free_space.size())));
    std::ranges::copy(piece, free_space.begin());
    buffer.filled(piece.size());
    at += piece.size();
    while (const auto line = buffer.line()) joined.append(*line).append("\n");
  }
  if (const auto rest = buffer.rest()) joined += *rest;
  std::string expected;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!(text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) expected += text[i];
  }
  check(joined == expected);
}

void record(std::string_view bytes, Format format) {
  RecordLimits limits;
  limits.max_values = 10'000;
  const auto decoded = Record::decode(bytes, format, limits);
  if (!decoded) return;
  for (const Format other : {Format::json, Format::cbor, Format::msgpack, Format::yaml}) {
    const auto encoded = decoded->encode(other);
    if (encoded) (void)Record::decode(*encoded, other, limits);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: message(rest); break;
    case 1: lines(rest); break;
    case 2: record(rest, Format::json); break;
    case 3: record(rest, Format::cbor); break;
    case 4: record(rest, Format::msgpack); break;
    default: record(rest, Format::yaml); break;
  }
  return 0;
}
