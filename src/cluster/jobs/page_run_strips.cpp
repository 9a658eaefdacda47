#include <algorithm>

#include "ece465/image/samples.hpp"
#include "ece465/net/offload.hpp"
#include "jobs/page_run.hpp"

/// The strips of a page at work: lent to whoever sends them, done here, and held against what others say of them.

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
using mapreduce::Outcome;
using mapreduce::Phase;

/// Samples of a strip that somebody reads. Given back when it goes.
class PageRun::Loan final : public Lease {
 public:
  Loan(std::shared_ptr<PageRun> page, std::uint32_t strip) : page_(std::move(page)), strip_(strip) {
    Progress& progress = page_->progress_[strip_];
    ++progress.lent;
    progress.out.push_back(this);
  }
  ~Loan() override {
    Progress& progress = page_->progress_[strip_];
    std::erase(progress.out, this);
    if (--progress.lent == 0) page_->news_.notify();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  std::shared_ptr<PageRun> page_;
  std::uint32_t strip_;
};

/// A group held in memory. Made and released on the loop.
class PageRun::Load {
 public:
  Load(std::shared_ptr<PageRun> page, std::size_t group) : page_(std::move(page)), group_(group) {}
  ~Load() { page_->strips_->release(group_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  std::shared_ptr<PageRun> page_;
  std::size_t group_;
};

net::Task<Result<std::shared_ptr<PageRun::Load>>> PageRun::load(std::size_t group, LoadKind kind) {
  auto loaded = co_await net::offload(*context_.cpu, [this, group, kind] {
    return kind == LoadKind::to_read ? strips_->load(group) : strips_->load_for_scatter(group);
  });
  if (!loaded) co_return std::unexpected(std::move(loaded).error());
  co_return std::make_shared<Load>(shared_from_this(), group);
}

net::Task<Result<JobHandler::Pixels>> PageRun::pixels(std::uint32_t strip, Phase phase) {
  const auto self = shared_from_this();
  if (lost() || job_over_ || progress_[strip].accepted) {
    co_return fail(Errc::cancelled, "nobody needs the strip any more");
  }
  const auto pass = at_work_.enter();
  Pixels pixels;
  auto loan = std::make_shared<Loan>(self, strip);
  auto loaded = co_await load(strips_->strips()[strip].group, LoadKind::to_read);
  if (!loaded) {
    lose(loaded.error());
    co_return std::unexpected(std::move(loaded).error());
  }
  pixels.loaded = *loaded;
  // What had to be computed or copied is the reader's own; only what lies in the page's memory is lent.
  class Copy final : public Lease {
   public:
    Buffer buffer;
  };
  auto copy = std::make_shared<Copy>();
  auto gathered = co_await net::offload(*context_.cpu, [this, strip, phase, &copy]() -> Result<Bytes> {
    ECE465_ASSIGN(const Bytes samples, strips_->gather(strip, copy->buffer));
    const bool is_copy = samples.data() == copy->buffer.data();
    // In the second half the page's memory may change at any time: another worker's answer may be there first.
    if (is_copy || phase == Phase::map) return samples;
    copy->buffer.resize(samples.size());
    std::ranges::copy(samples, copy->buffer.data());
    return Bytes(copy->buffer.span());
  });
  if (!gathered) {
    lose(gathered.error());
    co_return std::unexpected(std::move(gathered).error());
  }
  pixels.bytes = *gathered;
  if (pixels.bytes.data() == copy->buffer.data()) {
    pixels.lent = std::move(copy);
  } else {
    pixels.lent = std::move(loan);
  }
  co_return pixels;
}

void PageRun::run_locally(AttemptId attempt, std::uint32_t strip, Phase phase) {
  asio::co_spawn(context_.loop, compute(shared_from_this(), attempt, strip, phase), asio::detached);
}

net::Task<void> PageRun::compute(std::shared_ptr<PageRun> self, AttemptId attempt, std::uint32_t strip, Phase phase) {
  const auto pass = self->at_work_.enter();
  Answer answer;
  Outcome outcome = Outcome::dropped;
  if (!self->lost() && !self->progress_[strip].accepted) {
    const Loan loan(self, strip);
    const std::size_t group = self->strips_->strips()[strip].group;
    const auto work = [&self, &answer, group, strip, phase]() -> Result<void> {
      image::PageStrips& strips = *self->strips_;
      ECE465_TRY(strips.load(group));
      struct Release {
        image::PageStrips& strips;
        std::size_t group;
        ~Release() { strips.release(group); }
      } release{strips, group};
      if (phase == Phase::map) {
        answer.counts.assign(std::size_t{1} << strips.bits(), 0);
        return strips.count_locally(strip, answer.counts);
      }
      ECE465_ASSIGN(const Bytes samples, strips.gather(strip, answer.samples));
      if (samples.data() != answer.samples.data()) {
        answer.samples.resize(samples.size());
        std::ranges::copy(samples, answer.samples.data());
      }
      return image::map_samples(answer.samples.span(), strips.bits(), self->table(strip));
    };
    auto done = co_await net::offload(*self->context_.cpu, work);
    if (done) {
      outcome = Outcome::good;
    } else {
      outcome = Outcome::failed;
      self->lose(std::move(done).error());
    }
  }
  self->context_.coordinator->answered(kMaster, attempt, outcome, std::move(answer));
}

Bytes PageRun::table(std::uint32_t strip) const { return strips_->wire_table(strips_->strips()[strip].plane); }

wire::TableId PageRun::table_id(std::uint32_t strip) const {
  return wire::TableId{table_base_ + strips_->strips()[strip].plane};
}

net::Task<Result<void>> PageRun::check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts,
                                              Check scrutiny) {
  const auto self = shared_from_this();
  if (lost() || mapped_ || progress_[strip].accepted) {
    co_return fail(Errc::cancelled, "nobody needs the strip any more");
  }
  ECE465_CO_TRY(strips_->check_counts(strip, counts));
  if (scrutiny == Check::places) co_return Result<void>{};
  const auto pass = at_work_.enter();
  const Loan loan(self, strip);
  const auto loaded = co_await load(strips_->strips()[strip].group, LoadKind::to_read);
  if (!loaded) {
    lose(loaded.error());
    co_return std::unexpected(loaded.error());
  }
  co_return co_await net::offload(*context_.cpu, [this, strip, counts] { return compare_counts(strip, counts); });
}

/// On the pool, with the strip in memory and lent: whether these are exactly its counts.
Result<void> PageRun::compare_counts(std::uint32_t strip, std::span<const std::uint64_t> counts) const {
  std::vector<std::uint64_t> own(counts.size());
  ECE465_TRY(strips_->count_locally(strip, own));
  if (!std::ranges::equal(own, counts)) return fail(Errc::corrupt, "the histogram is not that of the strip");
  return {};
}

/// As `compare_counts`: whether these are exactly the strip's samples, mapped.
Result<void> PageRun::compare_mapped(std::uint32_t strip, Bytes mapped) const {
  Buffer own;
  ECE465_ASSIGN(const Bytes samples, strips_->gather(strip, own));
  if (samples.data() != own.data()) {
    own.resize(samples.size());
    std::ranges::copy(samples, own.data());
  }
  ECE465_TRY(image::map_samples(own.span(), strips_->bits(), table(strip)));
  if (!std::ranges::equal(own.span(), mapped)) return fail(Errc::corrupt, "the samples are not the strip's, mapped");
  return {};
}

net::Task<Result<std::shared_ptr<const void>>> PageRun::check_mapped(std::uint32_t strip, Bytes mapped,
                                                                     Check scrutiny) {
  const auto self = shared_from_this();
  if (lost() || job_over_ || progress_[strip].accepted) {
    co_return fail(Errc::cancelled, "nobody needs the strip any more");
  }
  const auto pass = at_work_.enter();
  const Loan loan(self, strip);
  const LoadKind kind = scrutiny == Check::all ? LoadKind::to_read : LoadKind::to_scatter;
  auto loaded = co_await load(strips_->strips()[strip].group, kind);
  if (!loaded) {
    lose(loaded.error());
    co_return std::unexpected(std::move(loaded).error());
  }
  auto fine = strips_->check_mapped(strip, mapped);
  if (fine && scrutiny == Check::all) {
    fine = co_await net::offload(*context_.cpu, [this, strip, mapped] { return compare_mapped(strip, mapped); });
  }
  if (!fine) co_return std::unexpected(std::move(fine).error());
  co_return std::shared_ptr<const void>(*std::move(loaded));
}

}  // namespace ece465::cluster
