// Texts cut into pieces of any size give the same counts as the whole, and no text makes it read beyond its end.

#include <cstdlib>
#include <map>
#include <string>

#include "ece465/text/map_reduce.hpp"

using namespace ece465;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

std::map<std::string, std::uint64_t> as_map(const text::WordTable& table) {
  std::map<std::string, std::uint64_t> counts;
  table.each([&](std::string_view word, std::uint64_t count) { counts[std::string(word)] += count; });
  return counts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  text::TextOptions options;
  options.limits.piece_bytes = std::size_t{1} + data[0] % 64;
  // A copy of its own, so that a read beyond its end is seen.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto source = borrow_memory("text", as_bytes(text));

  text::WordTable whole;
  whole.count(text);
  const auto pieces = text::count_words(*source, options);
  check(pieces.has_value());
  check(as_map(*pieces) == as_map(whole));

  const auto total = text::total_bytes(text);
  const auto in_pieces = text::total_bytes(*source, options);
  check(total.has_value() == in_pieces.has_value());
  if (total) check(total->bytes == in_pieces->bytes && total->lines == in_pieces->lines);
  return 0;
}
