#include "ece465/text/tally.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "delimiter.hpp"

namespace ece465::text {
namespace {

/// Removes and returns a number at the start of `text`, with the blank after it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  // No leading zeros, so that a result has only one form.
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (digits > 1 && text.front() == '0') return std::nullopt;
  text.remove_prefix(digits);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return number;
}

std::unexpected<Error> invalid_result(Kind kind) { return fail(Errc::corrupt, "not a result of {}", kind_name(kind)); }

struct Count {
  std::uint64_t count = 0;
  std::string_view word;
};

Result<Count> parse_count_line(std::string_view line) {
  const auto blank = line.find(' ');
  const auto count = take_number(line);
  const bool valid = count && *count > 0 && blank != std::string_view::npos && !line.empty() &&
                     line.find(' ') == std::string_view::npos;
  if (!valid) return invalid_result(Kind::wordcount);
  return Count{.count = *count, .word = line};
}

Result<ByteTotal> parse_total_line(std::string_view line) {
  if (std::ranges::count(line, ' ') != 2 || line.ends_with(' ')) return invalid_result(Kind::bytes);
  const auto bytes = take_number(line), lines = take_number(line), ignored = take_number(line);
  const bool valid = bytes && lines && ignored && line.empty() && *ignored <= *lines;
  if (!valid) return invalid_result(Kind::bytes);
  return ByteTotal{.bytes = *bytes, .lines = *lines, .ignored = *ignored};
}

/// Calls `visit(line)` for every line of a result, each of which must end in a newline.
template <class Visit>
Result<void> each_line(Kind kind, std::string_view result, const Visit& visit) {
  while (!result.empty()) {
    const auto end = result.find('\n');
    if (end == std::string_view::npos) return invalid_result(kind);
    ECE465_TRY(visit(result.substr(0, end)));
    result.remove_prefix(end + 1);
  }
  return {};
}

std::string total_line(const ByteTotal& total) {
  return fmt::format("{} {} {}\n", total.bytes, total.lines, total.ignored);
}

void append_line(std::string& result, const WordTable::Entry& entry) {
  fmt::format_to(std::back_inserter(result), "{} {}\n", entry.count, entry.word);
}

/// The number of bytes that `append_line` appends.
std::uint64_t line_bytes(const WordTable::Entry& entry) {
  std::uint64_t digits = 1;
  for (std::uint64_t rest = entry.count; rest >= 10; rest /= 10) ++digits;
  return digits + 1 + entry.word.size() + 1;
}

/// The numbers of words and letters (bytes of words) of a text.
struct WordTotals {
  std::uint64_t words = 0, letters = 0;
  bool operator==(const WordTotals&) const = default;
};

WordTotals count_letters(std::string_view text) {
  constexpr Delimiter kDelimiter{.blanks = true};
  WordTotals totals;
  bool at_start = true;
  for (const std::byte b : as_bytes(text)) {
    const bool letter = !kDelimiter.matches(b);
    totals.letters += letter ? 1 : 0;
    totals.words += letter && at_start ? 1 : 0;
    at_start = !letter;
  }
  return totals;
}

Result<void> check_words(std::string_view piece, std::string_view result) {
  WordTotals claimed;
  std::string_view previous;
  ECE465_TRY(each_line(Kind::wordcount, result, [&](std::string_view line) -> Result<void> {
    ECE465_ASSIGN(const Count count, parse_count_line(line));
    if (count.word <= previous) return fail(Errc::corrupt, "the words are not in order");
    previous = count.word;
    std::uint64_t letters = 0;
    const bool overflow = __builtin_mul_overflow(count.count, count.word.size(), &letters) ||
                          __builtin_add_overflow(claimed.letters, letters, &claimed.letters) ||
                          __builtin_add_overflow(claimed.words, count.count, &claimed.words);
    return overflow ? Result<void>(invalid_result(Kind::wordcount)) : Result<void>();
  }));
  const WordTotals actual = count_letters(piece);
  if (claimed == actual) return {};
  return fail(Errc::corrupt, "{} words with {} letters instead of {} words with {} letters", claimed.words,
              claimed.letters, actual.words, actual.letters);
}

class ResultSource final : public ByteSource {
 public:
  explicit ResultSource(Tally tally) : tally_(std::move(tally)), name_("result") {
    if (tally_.kind() == Kind::bytes) {
      line_ = total_line(tally_.total());
      size_ = line_.size();
      return;
    }
    entries_ = tally_.words().sorted();
    for (const auto& entry : entries_) size_ += line_bytes(entry);
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset < line_begin_) {
      next_ = 0;
      line_begin_ = 0;
      if (tally_.kind() == Kind::wordcount) line_.clear();
    }
    std::size_t done = 0;
    while (done < out.size()) {
      const std::uint64_t within_line = offset + done - line_begin_;
      if (within_line >= line_.size()) {
        if (next_ == entries_.size()) break;
        line_begin_ += line_.size();
        line_.clear();
        append_line(line_, entries_[next_++]);
        continue;
      }
      const auto part = line_.substr(static_cast<std::size_t>(within_line), out.size() - done);
      std::ranges::copy(as_bytes(part), out.data() + done);
      done += part.size();
    }
    return done;
  }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  Tally tally_;
  std::string name_;
  std::vector<WordTable::Entry> entries_;
  std::uint64_t size_ = 0;
  // The line in which the last read ended, its offset, and the index of the entry after it.
  mutable std::string line_;
  mutable std::uint64_t line_begin_ = 0;
  mutable std::size_t next_ = 0;
};

}  // namespace

std::string_view kind_name(Kind kind) { return kKindNames[std::to_underlying(kind)]; }

std::optional<Kind> parse_kind(std::string_view name) {
  const auto* const at = std::ranges::find(kKindNames, name);
  if (at == kKindNames.end()) return std::nullopt;
  return static_cast<Kind>(at - kKindNames.begin());
}

Result<void> Tally::count(std::string_view piece) {
  if (kind_ == Kind::wordcount) {
    words_.count(piece);
    return {};
  }
  ECE465_ASSIGN(const ByteTotal total, total_bytes(piece));
  return total_.add(total);
}

Result<void> Tally::add_line(std::string_view line) {
  if (kind_ == Kind::bytes) {
    ECE465_ASSIGN(const ByteTotal total, parse_total_line(line));
    return total_.add(total);
  }
  ECE465_ASSIGN(const Count count, parse_count_line(line));
  if (__builtin_add_overflow(added_, count.count, &added_)) return invalid_result(kind_);
  words_.add(count.word, count.count);
  return {};
}

Result<void> Tally::add(std::string_view result) {
  return each_line(kind_, result, [this](std::string_view line) { return add_line(line); });
}

Result<std::string> map_piece(Kind kind, std::string_view piece) {
  if (kind == Kind::bytes) {
    ECE465_ASSIGN(const ByteTotal total, total_bytes(piece));
    return total_line(total);
  }
  WordTable table;
  table.count(piece);
  const auto entries = table.sorted();
  std::uint64_t size = 0;
  for (const auto& entry : entries) size += line_bytes(entry);
  std::string result;
  result.reserve(size);
  for (const auto& entry : entries) append_line(result, entry);
  return result;
}

// For a word that occurs once the result has three more bytes (count, blank, newline), the text one (the delimiter). So
// words of one letter double the size, and longer words add less.
std::uint64_t max_result_bytes(std::uint64_t piece_bytes) { return 2 * piece_bytes + 64; }

Result<void> check_result(Kind kind, std::string_view piece, std::string_view result, Check check) {
  if (kind == Kind::wordcount && check == Check::quick) return check_words(piece, result);
  ECE465_ASSIGN(const std::string actual, map_piece(kind, piece));
  if (actual != result) return fail(Errc::corrupt, "not the result of the piece");
  return {};
}

std::unique_ptr<ByteSource> result_source(Tally tally) { return std::make_unique<ResultSource>(std::move(tally)); }

Result<void> ResultReader::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      // Longer than any valid line: a count has at most 20 digits.
      if (held_.size() + bytes.size() > limits_.max_word_bytes + limits_.piece_bytes) return invalid_result(to_.kind());
      held_ += bytes;
      return {};
    }
    if (held_.empty()) {
      ECE465_TRY(to_.add_line(bytes.substr(0, end)));
    } else {
      held_ += bytes.substr(0, end);
      ECE465_TRY(to_.add_line(held_));
      held_.clear();
    }
    ++lines_;
    bytes.remove_prefix(end + 1);
  }
  return {};
}

Result<void> ResultReader::end() const {
  if (!held_.empty() || (to_.kind() == Kind::bytes && lines_ != 1)) return invalid_result(to_.kind());
  return {};
}

}  // namespace ece465::text
