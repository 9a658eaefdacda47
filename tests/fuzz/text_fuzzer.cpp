// Texts split into pieces of any size give the same counts as the whole, and are not read beyond their end. The same
// input is then parsed as a result of MAP, as a worker or a master might send it.

#include <cstdlib>
#include <map>
#include <string>

#include "ece465/text/chunker.hpp"
#include "ece465/text/map_reduce.hpp"

using namespace ece465;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::map<std::string, std::uint64_t> as_map(const text::WordTable& table) {
  std::map<std::string, std::uint64_t> counts;
  table.each([&](std::string_view word, std::uint64_t count) { counts[std::string(word)] += count; });
  return counts;
}

std::string text_of(text::Tally tally) {
  const auto source = text::result_source(std::move(tally));
  std::string text(static_cast<std::size_t>(source->size()), '\0');
  require(source->read_exactly(0, std::as_writable_bytes(std::span(text))).has_value());
  return text;
}

/// The results of the pieces must add up to the result of the whole.
void check_pieces(const std::string& text, text::Kind kind, const text::TextLimits& limits) {
  text::Chunker chunker(kind, limits);
  text::Tally sum(kind);
  bool fine = true;
  const auto add = [&](const Buffer& piece) {
    // A copy, so that a read beyond its end is detected.
    const std::string copy(as_text(piece.span()));
    const auto result = text::map_piece(kind, copy);
    fine = fine && result;
    if (!result) return;
    require(result->size() <= text::max_result_bytes(copy.size()));
    require(text::check_result(kind, copy, *result, text::Check::quick).has_value());
    fine = fine && sum.add(*result);
  };
  for (std::size_t at = 0; at < text.size();) {
    const MutableBytes room = chunker.prepare();
    const std::size_t n = std::min(room.size(), text.size() - at);
    std::copy_n(as_bytes(text).begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
    at += n;
    const auto piece = chunker.commit(n);
    require(piece.has_value());
    if (*piece) add(**piece);
  }
  const auto rest = chunker.finish();
  require(rest.has_value());
  if (*rest) add(**rest);
  const auto whole = text::map_piece(kind, text);
  require(whole.has_value() == fine);
  if (whole) require(text_of(std::move(sum)) == *whole);
}

/// Parses the text as a result: at once or in parts must be the same, and the tally's own result must be accepted
/// again.
void check_result(const std::string& text, text::Kind kind, std::size_t step) {
  text::Tally whole(kind), bits(kind);
  const bool taken = whole.add(text).has_value();
  text::ResultReader reader(bits);
  bool taken_in_bits = true;
  for (std::size_t at = 0; taken_in_bits && at < text.size(); at += step) {
    taken_in_bits = reader.add(std::string_view(text).substr(at, step)).has_value();
  }
  const bool ended = reader.end().has_value();
  if (!taken) require(!taken_in_bits || !ended);
  if (!taken || !taken_in_bits || !ended) return;
  const std::string first = text_of(std::move(whole));
  require(text_of(std::move(bits)) == first);
  text::Tally again(kind);
  require(again.add(first).has_value());
  require(text_of(std::move(again)) == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  text::TextOptions options;
  options.limits.piece_bytes = std::size_t{1} + data[0] % 64;
  // A copy, so that a read beyond its end is detected.
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto source = borrow_memory("text", as_bytes(text));

  text::WordTable whole;
  whole.count(text);
  const auto pieces = text::count_words(*source, options);
  require(pieces.has_value());
  require(as_map(*pieces) == as_map(whole));

  const auto total = text::total_bytes(text);
  const auto in_pieces = text::total_bytes(*source, options);
  require(total.has_value() == in_pieces.has_value());
  if (total) require(total->bytes == in_pieces->bytes && total->lines == in_pieces->lines);

  for (const auto kind : {text::Kind::wordcount, text::Kind::bytes}) {
    check_pieces(text, kind, options.limits);
    check_result(text, kind, options.limits.piece_bytes);
    // Not likely to be the result of its own first half, but checking it must not crash.
    (void)text::check_result(kind, std::string_view(text).substr(0, text.size() / 2), text, text::Check::quick);
  }
  return 0;
}
