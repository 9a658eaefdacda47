#include <algorithm>

#include "ece465/image/samples.hpp"
#include "ece465/net/offload.hpp"
#include "jobs/page_run.hpp"

/// The samples of a page's strips: sent to workers, processed here, and compared with workers' answers.

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
using mapreduce::Outcome;
using mapreduce::Phase;

namespace {

/// How long a strip's samples may be in transit to a worker after they are needed here. Then the worker is
/// disconnected.
constexpr auto kLeaseTimeout = std::chrono::milliseconds(500);

std::unexpected<Error> not_needed() { return fail(Errc::cancelled, "the strip is no longer needed"); }

}  // namespace

/// A lease on a strip's samples in the page's memory.
class PageRun::SampleLease final : public Lease {
 public:
  SampleLease(std::shared_ptr<PageRun> page, std::uint32_t strip) : page_(std::move(page)), strip_(strip) {
    page_->progress_[strip_].leases.push_back(this);
  }
  ~SampleLease() override {
    auto& leases = page_->progress_[strip_].leases;
    std::erase(leases, this);
    if (leases.empty()) page_->changed_.notify();
  }
  SampleLease(const SampleLease&) = delete;
  SampleLease& operator=(const SampleLease&) = delete;

 private:
  std::shared_ptr<PageRun> page_;
  std::uint32_t strip_;
};

/// Keeps a group that was loaded in memory.
class PageRun::LoadedGroup {
 public:
  LoadedGroup(std::shared_ptr<PageRun> page, std::size_t group) : page_(std::move(page)), group_(group) {}
  ~LoadedGroup() { page_->strips_->release(group_); }
  LoadedGroup(const LoadedGroup&) = delete;
  LoadedGroup& operator=(const LoadedGroup&) = delete;

 private:
  std::shared_ptr<PageRun> page_;
  std::size_t group_;
};

net::Task<Result<std::shared_ptr<PageRun::LoadedGroup>>> PageRun::load(std::size_t group, LoadKind kind) {
  auto loaded = co_await net::offload(*context_.cpu, [this, group, kind] {
    return kind == LoadKind::to_read ? strips_->load(group) : strips_->load_for_scatter(group);
  });
  if (!loaded) {
    fail_with(loaded.error());
    co_return std::unexpected(std::move(loaded).error());
  }
  co_return std::make_shared<LoadedGroup>(shared_from_this(), group);
}

/// On the pool.
Result<void> PageRun::copy_samples(std::uint32_t strip, Buffer& copy) const {
  ECE465_ASSIGN(const Bytes samples, strips_->gather(strip, copy));
  if (samples.data() == copy.data()) return {};
  copy.resize(samples.size());
  std::ranges::copy(samples, copy.data());
  return {};
}

/// Waits until nobody reads the strip's samples. Revokes leases that are held for too long.
net::Task<bool> PageRun::wait_for_leases(std::uint32_t strip) {
  const auto deadline = Clock::now() + kLeaseTimeout;
  while (!progress_[strip].leases.empty() && !failed()) {
    const auto left = deadline - Clock::now();
    if (left > net::Duration::zero()) {
      co_await changed_.wait(left);
      continue;
    }
    const auto leases = progress_[strip].leases;  // a copy: a lease that ends removes itself
    for (Lease* lease : leases) {
      if (lease->on_revoke) lease->on_revoke();
    }
    co_await changed_.wait(kLeaseTimeout);
  }
  co_return !failed();
}

net::Task<Result<JobHandler::Payload>> PageRun::payload(std::uint32_t strip, Phase phase) {
  const auto self = shared_from_this();
  if (failed() || job_done_ || progress_[strip].accepted) co_return not_needed();
  const auto pass = operations_.enter();
  Payload payload;
  auto lease = std::make_shared<SampleLease>(self, strip);
  ECE465_CO_ASSIGN(payload.loaded, co_await load(strips_->strips()[strip].group, LoadKind::to_read));
  class Copy final : public Lease {
   public:
    Buffer buffer;
  };
  auto copy = std::make_shared<Copy>();
  auto samples = co_await net::offload(*context_.cpu, [this, strip, phase, &copy]() -> Result<Bytes> {
    if (phase == Phase::map) return strips_->gather(strip, copy->buffer);
    // In the apply phase another worker's answer may overwrite the page's memory at any time.
    ECE465_TRY(copy_samples(strip, copy->buffer));
    return Bytes(copy->buffer.span());
  });
  if (!samples) {
    fail_with(samples.error());
    co_return std::unexpected(std::move(samples).error());
  }
  payload.bytes = *samples;
  if (payload.bytes.data() == copy->buffer.data()) {
    payload.lease = std::move(copy);
  } else {
    payload.lease = std::move(lease);
  }
  co_return payload;
}

void PageRun::run_locally(AttemptId attempt, std::uint32_t strip, Phase phase) {
  net::spawn(context_.loop, process(shared_from_this(), attempt, strip, phase));
}

net::Task<void> PageRun::process(std::shared_ptr<PageRun> self, AttemptId attempt, std::uint32_t strip, Phase phase) {
  const auto pass = self->operations_.enter();
  Answer answer;
  Outcome outcome = Outcome::dropped;
  if (!self->failed() && !self->progress_[strip].accepted) {
    const SampleLease lease(self, strip);
    auto processed = co_await net::offload(*self->context_.cpu, [&self, &answer, strip, phase]() -> Result<void> {
      image::PageStrips& strips = *self->strips_;
      const std::size_t group = strips.strips()[strip].group;
      ECE465_TRY(strips.load(group));
      const LoadedGroup loaded(self, group);
      if (phase == Phase::map) {
        answer.counts.assign(std::size_t{1} << strips.bits(), 0);
        return strips.count_locally(strip, answer.counts);
      }
      ECE465_TRY(self->copy_samples(strip, answer.samples));
      return image::map_samples(answer.samples.span(), strips.bits(), self->table(strip));
    });
    outcome = processed ? Outcome::good : Outcome::failed;
    if (!processed) self->fail_with(std::move(processed).error());
  }
  self->context_.coordinator->answered(kMaster, attempt, outcome, std::move(answer));
}

Bytes PageRun::table(std::uint32_t strip) const { return strips_->wire_table(strips_->strips()[strip].plane); }

wire::TableId PageRun::table_id(std::uint32_t strip) const {
  return wire::TableId{table_base_ + strips_->strips()[strip].plane};
}

net::Task<Result<void>> PageRun::check_counts(std::uint32_t strip, std::span<const std::uint64_t> counts, Check check) {
  const auto self = shared_from_this();
  if (failed() || mapped_ || progress_[strip].accepted) co_return not_needed();
  ECE465_CO_TRY(strips_->check_counts(strip, counts));
  if (check == Check::sampled) co_return Result<void>{};
  const auto pass = operations_.enter();
  const SampleLease lease(self, strip);
  ECE465_CO_ASSIGN(const auto loaded, co_await load(strips_->strips()[strip].group, LoadKind::to_read));
  co_return co_await net::offload(*context_.cpu, [this, strip, counts] { return compare_counts(strip, counts); });
}

/// On the pool, with the strip in memory and leased. Fails with `corrupt` unless these are exactly its counts.
Result<void> PageRun::compare_counts(std::uint32_t strip, std::span<const std::uint64_t> counts) const {
  std::vector<std::uint64_t> own(counts.size());
  ECE465_TRY(strips_->count_locally(strip, own));
  if (!std::ranges::equal(own, counts)) return fail(Errc::corrupt, "the histogram does not match the strip");
  return {};
}

/// Like `compare_counts`, for the strip's mapped samples.
Result<void> PageRun::compare_mapped(std::uint32_t strip, Bytes mapped) const {
  Buffer own;
  ECE465_TRY(copy_samples(strip, own));
  ECE465_TRY(image::map_samples(own.span(), strips_->bits(), table(strip)));
  if (!std::ranges::equal(own.span(), mapped)) return fail(Errc::corrupt, "the mapped samples do not match the strip");
  return {};
}

net::Task<Result<std::shared_ptr<const void>>> PageRun::check_mapped(std::uint32_t strip, Bytes mapped, Check check) {
  const auto self = shared_from_this();
  if (failed() || job_done_ || progress_[strip].accepted) co_return not_needed();
  const auto pass = operations_.enter();
  const SampleLease lease(self, strip);
  const LoadKind kind = check == Check::full ? LoadKind::to_read : LoadKind::to_scatter;
  ECE465_CO_ASSIGN(auto loaded, co_await load(strips_->strips()[strip].group, kind));
  ECE465_CO_TRY(strips_->check_mapped(strip, mapped));
  if (check == Check::full) {
    ECE465_CO_TRY(
        co_await net::offload(*context_.cpu, [this, strip, mapped] { return compare_mapped(strip, mapped); }));
  }
  co_return std::shared_ptr<const void>(std::move(loaded));
}

}  // namespace ece465::cluster
