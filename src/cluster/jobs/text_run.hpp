#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dispatch/coordinator.hpp"
#include "ece465/net/gate.hpp"
#include "ece465/text/chunker.hpp"
#include "jobs/engine.hpp"

namespace ece465::cluster {

/// What a text may take of the master's memory while it is counted. However long it is: `window_bytes` of pieces, the
/// results of these (most are much shorter, none is more than twice as long), one word, and the table.
struct TextRunLimits {
  /// Pieces that are handed out, and the longest word (line). A piece is what a worker counts at once; more would take
  /// more of its memory (a table for each of its threads), less would make more of the results' bytes.
  text::TextLimits text{.piece_bytes = std::size_t{256} << 10};
  /// Pieces larger than this (long words make them) are not handed out: the master counts them.
  std::uint64_t sent_bytes = text::kMaxPieceBytes;
  /// Bytes of pieces that were read and are not merged; then the text is not read on. Enough for four of our workers'
  /// credits.
  std::uint64_t window_bytes = std::uint64_t{16} << 20;
  /// The table of distinct words: about four million, after which it would double. There is no end to them in what a
  /// stranger may send. While the table grows, and while the result is put in order, half as much is needed beside it.
  std::uint64_t table_bytes = std::uint64_t{512} << 20;
};

/// What a text's run needs of the master around it.
struct TextRunContext {
  Coordinator* coordinator = nullptr;
  asio::any_io_executor loop;
  asio::thread_pool* cpu = nullptr;
  /// Called when a piece of so many bytes is merged.
  std::function<void(std::uint64_t bytes)> merged;
};

/// One text, mapped piece by piece by whoever the scheduler says, and added up. Lives on the loop; what takes time runs
/// on the pool. Shared with connections, which may be in the middle of sending a piece when the text is given up.
///
///     read --> cut --> pieces at work --> results checked --> merged, one batch after the other
///       ^                                                       |
///       +------------ waits while the window is full <----------+
class TextRun final : public JobHandler, public std::enable_shared_from_this<TextRun> {
 public:
  /// `pass` is given back as soon as nothing of the text is at work any more.
  TextRun(const TextRunContext& context, text::Kind kind, const TextRunLimits& limits, net::Gate::Pass pass);

  /// Reads the text to its end and counts it. Fails as `source` does, with `too_large` (a word, the table, a total),
  /// and with what `cancel` says.
  [[nodiscard]] static net::Task<Result<text::Tally>> run(std::shared_ptr<TextRun> self, TextSource* source);
  /// Gives the text up: nothing more of it is handed out, and `run` fails with this as soon as it looks.
  void cancel(Error why);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// How it went; complete when `run` has returned.
  [[nodiscard]] const mapreduce::JobReport& report() const { return report_; }

  void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) override;
  void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) override;
  void phase_done(mapreduce::Phase /*phase*/) override {}
  void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) override;
  [[nodiscard]] std::optional<text::Kind> map_kind() const override { return kind_; }
  [[nodiscard]] net::Task<Result<void>> check_result(std::uint32_t strip, std::string_view result,
                                                     Check scrutiny) override;
  [[nodiscard]] std::uint64_t strip_bytes(std::uint32_t strip) const override;
  [[nodiscard]] net::Task<Result<Pixels>> pixels(std::uint32_t strip, mapreduce::Phase phase) override;
  void moved(mapreduce::Phase /*phase*/, std::uint64_t /*sent*/, std::uint64_t /*received*/) override {}

  // What only pictures have.
  [[nodiscard]] unsigned bits() const override { return 8; }
  [[nodiscard]] Bytes table(std::uint32_t /*strip*/) const override { return {}; }
  [[nodiscard]] wire::TableId table_id(std::uint32_t /*strip*/) const override { return {}; }
  [[nodiscard]] net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                     Check scrutiny) override;
  [[nodiscard]] net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                            Check scrutiny) override;

 private:
  using Piece = std::shared_ptr<const Buffer>;
  /// What waits to be merged: the result of a piece, or a piece that nobody was given.
  struct Share {
    std::string result;
    Piece piece;
    std::uint64_t weight = 0;  ///< of the window
  };

  [[nodiscard]] net::Task<Result<void>> read_all(TextSource& source);
  void hand_out(Buffer piece);
  void to_merge(Share share);
  static net::Task<void> merge_all(std::shared_ptr<TextRun> self);
  [[nodiscard]] Result<void> merge(const Share& share);
  static net::Task<void> count_here(std::shared_ptr<TextRun> self, mapreduce::AttemptId attempt, std::uint32_t strip);
  [[nodiscard]] Piece piece_of(std::uint32_t strip) const;

  TextRunContext context_;
  text::Kind kind_;
  TextRunLimits limits_;
  std::optional<net::Gate::Pass> pass_;
  net::Event news_;
  text::Chunker cutter_;
  text::Tally tally_;  // used on the pool by `merge` only
  mapreduce::JobId job_;
  mapreduce::JobReport report_;
  std::unordered_map<std::uint32_t, Piece> pieces_;  // at work
  std::uint32_t next_strip_ = 0;
  std::vector<Share> to_merge_;
  std::uint64_t bytes_ = 0;
  std::uint64_t at_work_ = 0;  // bytes of the window
  bool merging_ = false, job_over_ = false;
  std::optional<Error> failure_;
};

}  // namespace ece465::cluster
