#include "ece465/wire/histogram_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>

#include "ece465/wire/checksum.hpp"
#include "ece465/wire/header.hpp"
#include "fields.hpp"
#include "keywords.hpp"

namespace ece465::wire {
namespace {

constexpr std::string_view kJsonBlanks = " \t\r\n";

/// Scans the text of a JSON array.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : rest_(text) {}

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kJsonBlanks), rest_.size())); }
  /// Skips `c` if it is next.
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Removes and returns everything up to the next blank, comma or bracket.
  std::string_view take_scalar() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,[]"), rest_.size());
    const std::string_view scalar = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return scalar;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// JSON allows no leading zeros, and a count has no sign, fraction or exponent.
std::optional<std::uint64_t> parse_count(std::string_view scalar) {
  if (scalar.size() > 1 && scalar.front() == '0') return std::nullopt;
  return parse_number(scalar);
}

/// Buffers bytes in a small block: appending them to a string one by one costs several times as much.
class PackedWriter {
 public:
  explicit PackedWriter(std::string& out) : out_(out) {}
  ~PackedWriter() { flush(); }
  PackedWriter(const PackedWriter&) = delete;
  PackedWriter& operator=(const PackedWriter&) = delete;

  void leb128(std::uint64_t value) {
    if (block_.size() - used_ < 10) flush();
    for (; value >= 0x80; value >>= 7) block_[used_++] = static_cast<char>(0x80 | (value & 0x7F));
    block_[used_++] = static_cast<char>(value);
  }

 private:
  void flush() {
    out_.append(block_.data(), used_);
    used_ = 0;
  }

  std::string& out_;
  std::array<char, 1024> block_;
  std::size_t used_ = 0;
};

/// Reads LEB128 numbers.
class PackedReader {
 public:
  explicit PackedReader(Bytes from) : next_(from.data()), end_(from.data() + from.size()) {}

  /// False if the number is truncated, too large, or longer than necessary.
  bool leb128(std::uint64_t& value) {
    if (next_ == end_) return false;
    value = std::to_integer<std::uint64_t>(*next_++);
    return value < 0x80 || rest_of(value);
  }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }

 private:
  bool rest_of(std::uint64_t& value) {
    value &= 0x7F;
    for (unsigned shift = 7; next_ != end_; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*next_++);
      if (shift == 63 && byte > 1) return false;  // beyond 64 bits
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return byte != 0;
    }
    return false;
  }

  const std::byte* next_;
  const std::byte* end_;
};

}  // namespace

void append_json_counts(std::string& out, std::span<const std::uint64_t> counts) {
  // Without spaces, so that a reader that splits the documented line at blanks sees one field.
  fmt::format_to(std::back_inserter(out), "[{}]", fmt::join(counts, ","));
}

Result<std::vector<std::uint64_t>> parse_json_counts(std::string_view text, std::size_t levels) {
  // An entry takes at least two bytes, so the text itself bounds what is allocated.
  std::vector<std::uint64_t> counts;
  counts.reserve(std::min(levels, text.size() / 2));
  JsonCursor cursor(text);
  cursor.skip_blanks();
  if (!cursor.take('[')) return fail(Errc::corrupt, "{} is not an array", quoted(text));
  for (bool more = true; more;) {
    cursor.skip_blanks();
    const std::string_view scalar = cursor.take_scalar();
    const auto count = parse_count(scalar);
    if (!count) return fail(Errc::corrupt, "entry {} is {}, not a count", counts.size(), quoted(scalar));
    if (counts.size() == levels) return fail(Errc::corrupt, "more than {} counts", levels);
    counts.push_back(*count);
    cursor.skip_blanks();
    more = cursor.take(',');
  }
  if (!cursor.take(']')) return fail(Errc::corrupt, "{} after entry {}", quoted(cursor.rest()), counts.size() - 1);
  cursor.skip_blanks();
  if (!cursor.rest().empty()) return fail(Errc::corrupt, "{} after the array", quoted(cursor.rest()));
  if (counts.size() != levels) return fail(Errc::corrupt, "{} counts, not {}", counts.size(), levels);
  return counts;
}

void append_packed_counts(std::string& out, std::span<const std::uint64_t> counts) {
  PackedWriter writer(out);
  for (std::size_t i = 0; i < counts.size();) {
    writer.leb128(counts[i]);
    if (counts[i++] != 0) continue;
    const std::size_t first = i;
    while (i < counts.size() && counts[i] == 0) ++i;
    writer.leb128(i - first);
  }
}

Result<void> parse_packed_counts(Bytes packed, std::span<std::uint64_t> counts) {
  PackedReader reader(packed);
  bool after_zeros = false;
  for (std::size_t i = 0; i < counts.size();) {
    std::uint64_t count = 0;
    if (!reader.leb128(count)) return fail(Errc::corrupt, "count {}: truncated or invalid LEB128", i);
    counts[i++] = count;
    if (count == 0) {
      if (after_zeros) return fail(Errc::corrupt, "the zero at {} belongs to the run before it", i - 1);
      std::uint64_t more = 0;
      if (!reader.leb128(more) || more > counts.size() - i) {
        return fail(Errc::corrupt, "the run of zeros at {} is too long", i - 1);
      }
      for (const std::size_t end = i + more; i < end; ++i) counts[i] = 0;
    }
    after_zeros = count == 0;
  }
  if (reader.left() > 0) return fail(Errc::corrupt, "{} bytes after the last count", reader.left());
  return {};
}

Result<void> read_counts(const HistResult& message, Bytes body, std::span<std::uint64_t> counts) {
  if (!message.counts.empty()) {
    if (message.counts.size() != counts.size()) {
      return fail(Errc::corrupt, "HIST_RESULT: {} counts, not {}", message.counts.size(), counts.size());
    }
    std::copy(message.counts.begin(), message.counts.end(), counts.begin());
    return {};
  }
  if (std::size_t{1} << message.bits != counts.size()) {
    return fail(Errc::corrupt, "HIST_RESULT: {} bits, not {} levels", message.bits, counts.size());
  }
  if (auto parsed = parse_packed_counts(body, counts); !parsed) {
    return within(verb::kHistResult, std::move(parsed).error());
  }
  return {};
}

void append_hist_result(std::string& out, HistResult message, std::span<const std::uint64_t> counts, Dialect dialect,
                        bool with_checksum) {
  assert(counts.size() == kByteLevels || counts.size() == kWordLevels);
  if (dialect != Dialect::v2) {
    message.counts.assign(counts.begin(), counts.end());
    return append_header(out, message, dialect);
  }
  std::string body;
  append_packed_counts(body, counts);
  message.counts.clear();
  message.size = body.size();
  message.bits = counts.size() == kWordLevels ? 16 : 8;
  message.checksum.reset();
  if (with_checksum) message.checksum = checksum(as_bytes(body));
  append_header(out, message, dialect);
  out += body;
}

bool sums_to(std::span<const std::uint64_t> counts, std::uint64_t samples) {
  for (const std::uint64_t count : counts) {
    if (count > samples) return false;
    samples -= count;
  }
  return samples == 0;
}

}  // namespace ece465::wire
