#include "jobs/text_run.hpp"

#include <algorithm>
#include <utility>

#include "ece465/net/offload.hpp"
#include "model/capabilities.hpp"

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
using mapreduce::Outcome;
using mapreduce::Phase;

namespace {

/// Results merged per call on the pool. Small, so that the window advances steadily.
constexpr std::size_t kMergeBatch = 8;

/// Pieces never change, so their leases are never revoked.
class PieceLease final : public Lease {
 public:
  explicit PieceLease(std::shared_ptr<const Buffer> piece) : piece_(std::move(piece)) {}

 private:
  std::shared_ptr<const Buffer> piece_;
};

std::string_view text_of(const Buffer& piece) { return as_text(piece.span()); }

}  // namespace

TextRun::TextRun(const TextRunContext& context, text::Kind kind, const TextRunLimits& limits, net::Gate::Pass pass)
    : context_(context),
      kind_(kind),
      limits_(limits),
      pass_(std::move(pass)),
      changed_(context.loop),
      chunker_(kind, limits.text),
      tally_(kind) {}

net::Task<Result<text::Tally>> TextRun::run(std::shared_ptr<TextRun> self, TextSource* source) {
  mapreduce::JobSpec spec;
  spec.open = true;
  spec.apply = false;
  spec.needs = capability_of(self->kind_);
  self->job_ = self->context_.coordinator->submit(self, std::move(spec));
  auto read = co_await self->read_all(*source);
  if (read) {
    self->context_.coordinator->added(self->job_, {}, true);
  } else {
    self->cancel(std::move(read).error());
  }
  while (!self->job_done_ || self->merging_) co_await self->changed_.wait();
  if (self->failure_) co_return std::unexpected(*self->failure_);
  co_return std::move(self->tally_);
}

net::Task<Result<void>> TextRun::read_all(TextSource& source) {
  for (;;) {
    while (window_used_ >= limits_.window_bytes && !failure_) co_await changed_.wait();
    if (failure_) co_return std::unexpected(*failure_);
    ECE465_CO_ASSIGN(const std::size_t n, co_await source.read(chunker_.prepare()));
    if (failure_) co_return std::unexpected(*failure_);
    if (n == 0) break;
    bytes_ += n;
    ECE465_CO_ASSIGN(auto piece, chunker_.commit(n));
    if (piece) submit_piece(*std::move(piece));
  }
  ECE465_CO_ASSIGN(auto rest, chunker_.finish());
  if (rest) submit_piece(*std::move(rest));
  co_return Result<void>{};
}

void TextRun::submit_piece(Buffer piece) {
  const std::uint64_t size = piece.size(), weight = piece.capacity();
  window_used_ += weight;
  auto held = std::make_shared<const Buffer>(std::move(piece));
  if (size > limits_.sent_bytes) {
    MergeItem own;
    own.piece = std::move(held);
    own.weight = weight;
    return queue_merge(std::move(own));
  }
  pieces_.emplace(next_strip_++, std::move(held));
  context_.coordinator->added(job_, {size}, false);
}

void TextRun::cancel(Error why) {
  if (failure_) return;
  failure_ = std::move(why);
  if (!job_done_) context_.coordinator->cancel(job_);
  changed_.notify();
}

// --- Assigned pieces ---

TextRun::Piece TextRun::piece_of(std::uint32_t strip) const {
  const auto at = pieces_.find(strip);
  return at == pieces_.end() ? nullptr : at->second;
}

std::uint64_t TextRun::strip_bytes(std::uint32_t strip) const {
  const Piece piece = piece_of(strip);
  return piece ? piece->size() : limits_.sent_bytes;  // the answer for a merged piece is discarded
}

net::Task<Result<JobHandler::Payload>> TextRun::payload(std::uint32_t strip, Phase /*phase*/) {
  Piece piece = piece_of(strip);
  if (!piece) co_return fail(Errc::cancelled, "the piece is no longer needed");
  Payload payload;
  payload.bytes = piece->span();
  payload.lease = std::make_shared<PieceLease>(std::move(piece));
  co_return payload;
}

void TextRun::run_locally(AttemptId attempt, std::uint32_t strip, Phase /*phase*/) {
  net::spawn(context_.loop, count_locally(shared_from_this(), attempt, strip));
}

net::Task<void> TextRun::count_locally(std::shared_ptr<TextRun> self, AttemptId attempt, std::uint32_t strip) {
  Answer answer;
  Outcome outcome = Outcome::dropped;
  if (const Piece piece = self->piece_of(strip)) {
    // As text, like a worker's answer: a table of words would need many times the memory while it waits.
    auto result = co_await net::offload(*self->context_.cpu,
                                        [&self, &piece] { return text::map_piece(self->kind_, text_of(*piece)); });
    outcome = result ? Outcome::good : Outcome::failed;
    if (result) {
      answer.result = *std::move(result);
    } else {
      self->cancel(std::move(result).error());
    }
  }
  self->context_.coordinator->answered(kMaster, attempt, outcome, std::move(answer));
}

net::Task<Result<void>> TextRun::check_result(std::uint32_t strip, std::string_view result, Check check) {
  const auto self = shared_from_this();
  const Piece piece = piece_of(strip);
  if (!piece) co_return fail(Errc::cancelled, "the piece is no longer needed");
  const auto level = check == Check::full ? text::Check::full : text::Check::quick;
  co_return co_await net::offload(*context_.cpu, [this, &piece, result, level] {
    return text::check_result(kind_, text_of(*piece), result, level);
  });
}

net::Task<Result<void>> TextRun::check_counts(std::uint32_t /*strip*/, std::span<const std::uint64_t> /*counts*/,
                                              Check /*check*/) {
  co_return fail(Errc::corrupt, "a histogram for a text");
}

net::Task<Result<std::shared_ptr<const void>>> TextRun::check_mapped(std::uint32_t /*strip*/, Bytes /*mapped*/,
                                                                     Check /*check*/) {
  co_return fail(Errc::corrupt, "samples for a text");
}

// --- Merging ---

void TextRun::accept(std::uint32_t strip, Phase /*phase*/, mapreduce::WorkerId /*by*/, Answer answer) {
  const Piece piece = piece_of(strip);
  pieces_.erase(strip);
  context_.on_merged(piece->size());
  MergeItem item;
  item.result = std::move(answer.result);
  item.weight = piece->capacity();
  queue_merge(std::move(item));
}

void TextRun::queue_merge(MergeItem item) {
  merge_queue_.push_back(std::move(item));
  if (std::exchange(merging_, true)) return;
  net::spawn(context_.loop, merge_all(shared_from_this()));
}

net::Task<void> TextRun::merge_all(std::shared_ptr<TextRun> self) {
  auto& waiting = self->merge_queue_;
  while (!waiting.empty() && !self->failure_) {
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(kMergeBatch, waiting.size()));
    std::vector<MergeItem> batch(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    auto merged = co_await net::offload(*self->context_.cpu, [&self, &batch]() -> Result<void> {
      for (const MergeItem& item : batch) ECE465_TRY(self->merge(item));
      return {};
    });
    for (const MergeItem& item : batch) self->window_used_ -= item.weight;
    if (!merged) self->cancel(std::move(merged).error());
    self->changed_.notify();
  }
  self->merging_ = false;
  self->changed_.notify();
}

/// On the pool.
Result<void> TextRun::merge(const MergeItem& item) {
  if (kind_ == text::Kind::wordcount) {
    const auto words = static_cast<std::size_t>(std::ranges::count(item.result, '\n'));
    if (tally_.memory_bytes(words) + item.weight > limits_.table_bytes) {
      return fail(Errc::too_large, "the text has too many distinct words for this master; count it without --master");
    }
  }
  return item.piece ? tally_.count(text_of(*item.piece)) : tally_.add(item.result);
}

void TextRun::done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) {
  job_done_ = true;
  report_ = report;
  pieces_.clear();
  pass_.reset();
  if (outcome != mapreduce::JobOutcome::finished && !failure_) {
    failure_ = Error{Errc::internal, "the pieces could not be counted"};
  }
  changed_.notify();
}

}  // namespace ece465::cluster
