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

/// Results merged on the pool at once: few enough that the window moves on steadily.
constexpr std::size_t kBatch = 8;

/// A piece that is on its way to somebody. It never changes, so nobody has to call it back.
class LentPiece final : public Lease {
 public:
  explicit LentPiece(std::shared_ptr<const Buffer> piece) : piece_(std::move(piece)) {}

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
      news_(context.loop),
      cutter_(kind, limits.text),
      tally_(kind) {}

net::Task<Result<text::Tally>> TextRun::run(std::shared_ptr<TextRun> self, TextSource* source) {
  mapreduce::JobSpec spec;
  spec.open = true;
  spec.apply = false;
  spec.needs = skill_of(self->kind_);
  self->job_ = self->context_.coordinator->submit(self, std::move(spec));
  auto read = co_await self->read_all(*source);
  if (read) {
    self->context_.coordinator->added(self->job_, {}, true);
  } else {
    self->cancel(std::move(read).error());
  }
  while (!self->job_over_ || self->merging_) co_await self->news_.wait();
  if (self->failure_) co_return std::unexpected(*self->failure_);
  co_return std::move(self->tally_);
}

net::Task<Result<void>> TextRun::read_all(TextSource& source) {
  for (;;) {
    while (at_work_ >= limits_.window_bytes && !failure_) co_await news_.wait();
    if (failure_) co_return std::unexpected(*failure_);
    ECE465_CO_ASSIGN(const std::size_t n, co_await source.read(cutter_.room()));
    if (failure_) co_return std::unexpected(*failure_);
    if (n == 0) break;
    bytes_ += n;
    ECE465_CO_ASSIGN(auto piece, cutter_.put(n));
    if (piece) hand_out(*std::move(piece));
  }
  ECE465_CO_ASSIGN(auto rest, cutter_.rest());
  if (rest) hand_out(*std::move(rest));
  co_return Result<void>{};
}

void TextRun::hand_out(Buffer piece) {
  const std::uint64_t size = piece.size(), weight = piece.capacity();
  at_work_ += weight;
  auto held = std::make_shared<const Buffer>(std::move(piece));
  if (size > limits_.sent_bytes) {
    Share own;
    own.piece = std::move(held);
    own.weight = weight;
    return to_merge(std::move(own));
  }
  pieces_.emplace(next_strip_++, std::move(held));
  context_.coordinator->added(job_, {size}, false);
}

void TextRun::cancel(Error why) {
  if (failure_) return;
  failure_ = std::move(why);
  if (!job_over_) context_.coordinator->cancel(job_);
  news_.notify();
}

// --- Pieces at work ---

TextRun::Piece TextRun::piece_of(std::uint32_t strip) const {
  const auto at = pieces_.find(strip);
  return at == pieces_.end() ? nullptr : at->second;
}

std::uint64_t TextRun::strip_bytes(std::uint32_t strip) const {
  const Piece piece = piece_of(strip);
  return piece ? piece->size() : limits_.sent_bytes;  // of one that is merged nobody looks at the answer
}

net::Task<Result<JobHandler::Pixels>> TextRun::pixels(std::uint32_t strip, Phase /*phase*/) {
  Piece piece = piece_of(strip);
  if (!piece) co_return fail(Errc::cancelled, "nobody needs the piece any more");
  Pixels pixels;
  pixels.bytes = piece->span();
  pixels.lent = std::make_shared<LentPiece>(std::move(piece));
  co_return pixels;
}

void TextRun::run_locally(AttemptId attempt, std::uint32_t strip, Phase /*phase*/) {
  asio::co_spawn(context_.loop, count_here(shared_from_this(), attempt, strip), asio::detached);
}

net::Task<void> TextRun::count_here(std::shared_ptr<TextRun> self, AttemptId attempt, std::uint32_t strip) {
  Answer answer;
  Outcome outcome = Outcome::dropped;
  if (const Piece piece = self->piece_of(strip)) {
    // As text, like a worker's: a table of the words would wait in many times the memory.
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

net::Task<Result<void>> TextRun::check_result(std::uint32_t strip, std::string_view result, Check scrutiny) {
  const auto self = shared_from_this();
  const Piece piece = piece_of(strip);
  if (!piece) co_return fail(Errc::cancelled, "nobody needs the piece any more");
  const auto look = scrutiny == Check::all ? text::Look::whole : text::Look::quick;
  co_return co_await net::offload(
      *context_.cpu, [this, &piece, result, look] { return text::check_result(kind_, text_of(*piece), result, look); });
}

net::Task<Result<void>> TextRun::check_counts(std::uint32_t /*strip*/, std::span<const std::uint64_t> /*counts*/,
                                              Check /*scrutiny*/) {
  co_return fail(Errc::corrupt, "a histogram of a text");
}

net::Task<Result<std::shared_ptr<const void>>> TextRun::check_mapped(std::uint32_t /*strip*/, Bytes /*mapped*/,
                                                                     Check /*scrutiny*/) {
  co_return fail(Errc::corrupt, "samples of a text");
}

// --- Merging ---

void TextRun::accept(std::uint32_t strip, Phase /*phase*/, mapreduce::WorkerId /*by*/, Answer answer) {
  const Piece piece = piece_of(strip);
  pieces_.erase(strip);
  context_.merged(piece->size());
  Share share;
  share.result = std::move(answer.result);
  share.weight = piece->capacity();
  to_merge(std::move(share));
}

void TextRun::to_merge(Share share) {
  to_merge_.push_back(std::move(share));
  if (std::exchange(merging_, true)) return;
  asio::co_spawn(context_.loop, merge_all(shared_from_this()), asio::detached);
}

net::Task<void> TextRun::merge_all(std::shared_ptr<TextRun> self) {
  auto& waiting = self->to_merge_;
  while (!waiting.empty() && !self->failure_) {
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(kBatch, waiting.size()));
    std::vector<Share> batch(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    auto merged = co_await net::offload(*self->context_.cpu, [&self, &batch]() -> Result<void> {
      for (const Share& share : batch) ECE465_TRY(self->merge(share));
      return {};
    });
    for (const Share& share : batch) self->at_work_ -= share.weight;
    if (!merged) self->cancel(std::move(merged).error());
    self->news_.notify();
  }
  self->merging_ = false;
  self->news_.notify();
}

/// On the pool.
Result<void> TextRun::merge(const Share& share) {
  if (kind_ == text::Kind::wordcount) {
    const auto words = static_cast<std::size_t>(std::ranges::count(share.result, '\n'));
    if (tally_.memory_bytes(words) + share.weight > limits_.table_bytes) {
      return fail(Errc::too_large, "the text has too many distinct words for this master; count it without --master");
    }
  }
  return share.piece ? tally_.count(text_of(*share.piece)) : tally_.add(share.result);
}

void TextRun::done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) {
  job_over_ = true;
  report_ = report;
  pieces_.clear();
  pass_.reset();
  if (outcome != mapreduce::JobOutcome::finished && !failure_) {
    failure_ = Error{Errc::internal, "the pieces could not be counted"};
  }
  news_.notify();
}

}  // namespace ece465::cluster
