#include "ece465/text/map_reduce.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "delimiter.hpp"
#include "ece465/base/parallel.hpp"

namespace ece465::text {
namespace {

class Concatenation final : public ByteSource {
 public:
  explicit Concatenation(std::vector<const ByteSource*> sources) : sources_(std::move(sources)) {
    for (const ByteSource* source : sources_) {
      begins_.push_back(size_);
      size_ += source->size();
    }
    name_ = sources_.size() == 1 ? sources_[0]->name() : fmt::format("{} files", sources_.size());
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    std::size_t done = 0;
    // The last source that starts at or before the offset.
    auto at = static_cast<std::size_t>(std::ranges::upper_bound(begins_, offset) - begins_.begin());
    for (at = at == 0 ? 0 : at - 1; at < sources_.size() && done < out.size(); ++at) {
      const std::uint64_t within_source = offset + done - begins_[at];
      if (within_source >= sources_[at]->size()) continue;
      const auto wanted = std::min<std::uint64_t>(out.size() - done, sources_[at]->size() - within_source);
      const MutableBytes part = out.subspan(done, static_cast<std::size_t>(wanted));
      ECE465_TRY(sources_[at]->read_exactly(within_source, part));
      done += part.size();
    }
    return done;
  }
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::vector<const ByteSource*> sources_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t size_ = 0;
  std::string name_;
};

/// Reads a piece of a text as whole records: those that start in [piece * size, (piece + 1) * size). A record that
/// starts earlier belongs to the previous piece; the last one is read to its end.
class PieceReader {
 public:
  PieceReader(const ByteSource& text, const TextLimits& limits, Delimiter delimiter)
      : text_(text), limits_(limits), delimiter_(delimiter) {}

  /// The records, valid until the next call.
  Result<std::string_view> read(std::size_t piece) {
    const std::uint64_t begin = static_cast<std::uint64_t>(piece) * limits_.piece_bytes;
    const std::uint64_t end = std::min(begin + limits_.piece_bytes, text_.size());
    // The byte before shows whether a record starts at `begin`.
    const std::uint64_t from = begin == 0 ? 0 : begin - 1;
    const auto size = static_cast<std::size_t>(end - from);
    buffer_.resize(std::max(buffer_.size(), size + kAhead));
    ECE465_TRY(text_.read_exactly(from, buffer_.span().first(size)));
    std::size_t first = 0;
    if (begin > 0) {
      first = delimiter_.first(buffer_.span().first(size));
      if (first == size) return std::string_view();  // no record starts here
    }
    ECE465_ASSIGN(const std::size_t last, read_to_end(from, size));
    return as_text(buffer_.span().subspan(first, last - first));
  }

 private:
  static constexpr std::size_t kAhead = 4096;

  /// Reads until the last record ends; returns the size of what is in the buffer then.
  Result<std::size_t> read_to_end(std::uint64_t from, std::size_t held) {
    if (delimiter_.matches(buffer_.data()[held - 1])) return held;
    std::size_t step = kAhead;
    for (;;) {
      const std::uint64_t at = from + held;
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(step, text_.size() - at));
      if (wanted == 0) return held;
      if (held + wanted > buffer_.size()) {
        Buffer larger(std::max(held + wanted, 2 * buffer_.size()));
        std::copy_n(buffer_.data(), held, larger.data());
        buffer_ = std::move(larger);
      }
      const MutableBytes part = buffer_.span().subspan(held, wanted);
      ECE465_TRY(text_.read_exactly(at, part));
      const std::size_t found = delimiter_.first(part);
      held += found;
      if (found < wanted) return held;
      if (held > limits_.piece_bytes + limits_.max_word_bytes) {
        return fail_on(text_.name(), Errc::too_large, "{}", delimiter_.too_long(limits_.max_word_bytes));
      }
      step = std::max(step, held / 2);
    }
  }

  const ByteSource& text_;
  const TextLimits& limits_;
  Delimiter delimiter_;
  Buffer buffer_;
};

std::size_t count_pieces(const ByteSource& text, const TextLimits& limits) {
  return static_cast<std::size_t>((text.size() + limits.piece_bytes - 1) / limits.piece_bytes);
}

/// Calls `work(worker, records)` for every piece.
Result<void> for_each_piece(const ByteSource& text, const TextOptions& options, Delimiter delimiter,
                            const std::function<Result<void>(unsigned, std::string_view)>& work) {
  std::vector<std::unique_ptr<PieceReader>> readers(options.threads);
  const auto piece_bytes = static_cast<std::uint64_t>(options.limits.piece_bytes);
  return parallel_for(options.threads, count_pieces(text, options.limits),
                      [&](unsigned worker, std::size_t piece) -> Result<void> {
                        if (options.is_cancelled && options.is_cancelled()) return fail(Errc::cancelled, "");
                        auto& reader = readers[worker];
                        if (!reader) reader = std::make_unique<PieceReader>(text, options.limits, delimiter);
                        ECE465_ASSIGN(const std::string_view records, reader->read(piece));
                        ECE465_TRY(work(worker, records));
                        if (options.on_progress) {
                          options.on_progress(std::min(piece_bytes, text.size() - piece * piece_bytes));
                        }
                        return {};
                      });
}

/// The second column of a line; empty if there is none.
std::string_view second_column(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  std::string_view column;
  for (int i = 0; i < 2; ++i) {
    const auto begin = std::min(line.find_first_not_of(kBlanks), line.size());
    line.remove_prefix(begin);
    column = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(column.size());
  }
  return column;
}

}  // namespace

Result<void> ByteTotal::add(const ByteTotal& other) {
  if (__builtin_add_overflow(bytes, other.bytes, &bytes)) return fail(Errc::too_large, "the total exceeds 64 bits");
  lines += other.lines;
  ignored += other.ignored;
  return {};
}

std::unique_ptr<ByteSource> concatenate(std::vector<const ByteSource*> sources) {
  return std::make_unique<Concatenation>(std::move(sources));
}

Result<WordTable> count_words(const ByteSource& text, const TextOptions& options) {
  std::vector<WordTable> tables(options.threads);
  ECE465_TRY(for_each_piece(text, options, {.blanks = true}, [&](unsigned worker, std::string_view words) {
    tables[worker].count(words);
    return Result<void>{};
  }));
  // Merges into the largest table, so that the fewest words are moved.
  const auto largest = std::ranges::max_element(tables, {}, &WordTable::distinct);
  std::swap(tables[0], *largest);
  for (std::size_t i = 1; i < tables.size(); ++i) tables[0].merge(tables[i]);
  return std::move(tables[0]);
}

Result<ByteTotal> total_bytes(std::string_view lines) {
  ByteTotal total;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.find_first_not_of(" \t\r\v\f") == std::string_view::npos) continue;
    const std::string_view column = second_column(line);
    std::uint64_t bytes = 0;
    const auto [stop, error] = std::from_chars(column.data(), column.data() + column.size(), bytes);
    const bool number = error == std::errc() && stop == column.data() + column.size();
    ECE465_TRY(total.add({.bytes = number ? bytes : 0, .lines = 1, .ignored = number ? 0U : 1U}));
  }
  return total;
}

Result<ByteTotal> total_bytes(const ByteSource& log, const TextOptions& options) {
  std::vector<ByteTotal> totals(options.threads);
  ECE465_TRY(
      for_each_piece(log, options, {.blanks = false}, [&](unsigned worker, std::string_view lines) -> Result<void> {
        ECE465_ASSIGN(const ByteTotal total, total_bytes(lines));
        return totals[worker].add(total);
      }));
  ByteTotal sum;
  for (const ByteTotal& total : totals) ECE465_TRY(sum.add(total));
  return sum;
}

}  // namespace ece465::text
