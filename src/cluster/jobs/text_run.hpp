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

/// Memory limits of the master for counting a text of any length: `window_bytes` of pieces, their results (usually much
/// shorter, at most twice as long), one word, and the table.
struct TextRunLimits {
  /// Size of pieces, and the longest word (line). Larger pieces need more memory on workers (a table per thread);
  /// smaller ones increase the total size of the results.
  text::TextLimits text{.piece_bytes = std::size_t{256} << 10};
  /// Larger pieces, caused by long words, are counted by the master.
  std::uint64_t sent_bytes = text::kMaxPieceBytes;
  /// Bytes of pieces that were read but not merged. At this limit reading pauses. Covers four times the default credit
  /// of a worker.
  std::uint64_t window_bytes = std::uint64_t{16} << 20;
  /// Size of the table of distinct words: about four million, after which it would double. Hostile input may contain
  /// any number of them. Growing the table and sorting the result need half as much again.
  std::uint64_t table_bytes = std::uint64_t{512} << 20;
};

/// Dependencies of a text run.
struct TextRunContext {
  Coordinator* coordinator = nullptr;
  asio::any_io_executor loop;
  asio::thread_pool* cpu = nullptr;
  /// Called when a piece of `bytes` is merged.
  std::function<void(std::uint64_t bytes)> on_merged;
};

/// One text, counted in pieces where the scheduler says. Lives on the loop; long operations run on the pool. Shared
/// with sessions, which may still be sending a piece when the text is cancelled.
///
///     read --> split --> pieces assigned --> results checked --> merged, one batch after the other
///       ^                                                          |
///       +-------------- pauses while the window is full <----------+
class TextRun final : public JobHandler, public std::enable_shared_from_this<TextRun> {
 public:
  /// `pass` is released when the scheduler's job has ended.
  TextRun(const TextRunContext& context, text::Kind kind, const TextRunLimits& limits, net::Gate::Pass pass);

  /// Reads the text to its end and counts it. Fails as `source` does, with `too_large` (a word, the table, a total),
  /// and with the error passed to `cancel`.
  [[nodiscard]] static net::Task<Result<text::Tally>> run(std::shared_ptr<TextRun> self, TextSource* source);
  /// No more pieces are assigned, and `run` fails with this error.
  void cancel(Error why);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Complete when `run` has returned.
  [[nodiscard]] const mapreduce::JobReport& report() const { return report_; }

  void run_locally(mapreduce::AttemptId attempt, std::uint32_t strip, mapreduce::Phase phase) override;
  void accept(std::uint32_t strip, mapreduce::Phase phase, mapreduce::WorkerId by, Answer answer) override;
  void phase_done(mapreduce::Phase /*phase*/) override {}
  void done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) override;
  [[nodiscard]] std::optional<text::Kind> map_kind() const override { return kind_; }
  [[nodiscard]] net::Task<Result<void>> check_result(std::uint32_t strip, std::string_view result,
                                                     Check check) override;
  [[nodiscard]] std::uint64_t strip_bytes(std::uint32_t strip) const override;
  [[nodiscard]] net::Task<Result<Payload>> payload(std::uint32_t strip, mapreduce::Phase phase) override;
  void on_transfer(mapreduce::Phase /*phase*/, std::uint64_t /*sent*/, std::uint64_t /*received*/) override {}

  // Only for images.
  [[nodiscard]] unsigned bits() const override { return 8; }
  [[nodiscard]] Bytes table(std::uint32_t /*strip*/) const override { return {}; }
  [[nodiscard]] wire::TableId table_id(std::uint32_t /*strip*/) const override { return {}; }
  [[nodiscard]] net::Task<Result<void>> check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                                     Check check) override;
  [[nodiscard]] net::Task<Result<std::shared_ptr<const void>>> check_mapped(std::uint32_t strip, Bytes mapped,
                                                                            Check check) override;

 private:
  using Piece = std::shared_ptr<const Buffer>;
  /// To be merged: the result of a piece, or a piece that is too large to be sent.
  struct MergeItem {
    std::string result;
    Piece piece;
    std::uint64_t weight = 0;  ///< its share of the window
  };

  [[nodiscard]] net::Task<Result<void>> read_all(TextSource& source);
  void submit_piece(Buffer piece);
  void queue_merge(MergeItem item);
  static net::Task<void> merge_all(std::shared_ptr<TextRun> self);
  [[nodiscard]] Result<void> merge(const MergeItem& item);
  static net::Task<void> count_locally(std::shared_ptr<TextRun> self, mapreduce::AttemptId attempt,
                                       std::uint32_t strip);
  [[nodiscard]] Piece piece_of(std::uint32_t strip) const;

  TextRunContext context_;
  text::Kind kind_;
  TextRunLimits limits_;
  std::optional<net::Gate::Pass> pass_;
  net::Condition changed_;
  text::Chunker chunker_;
  text::Tally tally_;  // used only by `merge`, on the pool
  mapreduce::JobId job_;
  mapreduce::JobReport report_;
  std::unordered_map<std::uint32_t, Piece> pieces_;  // assigned
  std::uint32_t next_strip_ = 0;
  std::vector<MergeItem> merge_queue_;
  std::uint64_t bytes_ = 0;
  std::uint64_t window_used_ = 0;  // in bytes
  bool merging_ = false, job_done_ = false;
  std::optional<Error> failure_;
};

}  // namespace ece465::cluster
