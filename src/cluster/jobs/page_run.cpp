#include "jobs/page_run.hpp"

#include <atomic>

#include "ece465/image/samples.hpp"
#include "ece465/net/offload.hpp"
#include "model/capabilities.hpp"

namespace ece465::cluster {

using mapreduce::Outcome;
using mapreduce::Phase;

namespace {

/// How long samples may be on their way to a worker while they are needed here, before it is closed for it.
constexpr auto kLoanPatience = std::chrono::milliseconds(500);

/// Names tables for all pages that this process ever runs: a worker must not mix two up.
std::uint64_t take_table_ids(std::size_t planes) {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(planes);
}

}  // namespace

PageRun::PageRun(const PageRunContext& context, std::shared_ptr<const void> files,
                 std::unique_ptr<image::PageStrips> strips, JobStatus& status)
    : context_(context),
      files_(std::move(files)),
      strips_(std::move(strips)),
      status_(&status),
      progress_(strips_->strips().size()),
      planes_left_(strips_->groups(), static_cast<std::uint32_t>(strips_->planes())),
      whole_(strips_->groups()),
      table_base_(take_table_ids(strips_->planes())),
      phase_began_(Clock::now()),
      news_(context.loop),
      at_work_(context.loop) {}

PageRun::~PageRun() = default;

// --- The page from beginning to end ---

net::Task<Result<void>> PageRun::run(image::ImageWriter& writer) {
  const auto self = shared_from_this();
  enter(JobPhase::map);
  // Not `a ? co_await b : co_await c`: GCC 12 destroys the error of such a result twice.
  Result<void> outcome;
  if (strips_->residency() == image::PageStrips::Residency::streamed) {
    outcome = co_await alone(writer);
  } else {
    outcome = co_await distribute(writer);
  }
  if (!outcome) lose(std::move(outcome).error());
  if (lost()) strips_->abandon();
  co_await at_work_.drained();
  enter(JobPhase::done);
  context_.timeline->end();
  status_ = nullptr;
  if (lost()) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

void PageRun::cancel() {
  cancelled_ = true;
  lose({Errc::cancelled, "cancelled"});
}

void PageRun::lose(Error error) {
  // Whose write failed on a full disk may be heard of after those that only stopped since the page was given up.
  const bool only_stopped = lost() && error_->code == Errc::cancelled && !cancelled_;
  if (!lost() || (only_stopped && error.code != Errc::cancelled)) error_ = std::move(error);
  if (submitted_ && !job_over_) context_.coordinator->cancel(job_);
  strips_->abandon();
  news_.notify();
}

void PageRun::enter(JobPhase phase) {
  if (status_ == nullptr) return;
  const auto now = Clock::now();
  const auto spent = now - std::exchange(phase_began_, now);
  switch (phase_) {
    case JobPhase::map: status_->map += spent; break;
    case JobPhase::reduce: status_->reduce += spent; break;
    case JobPhase::apply: status_->apply += spent; break;
    case JobPhase::write: status_->write += spent; break;
    default: break;
  }
  phase_ = phase;
  context_.timeline->phase(phase);
  if (phase != JobPhase::done) status_->phase = phase;
  context_.changed();
}

net::Task<Result<void>> PageRun::distribute(image::ImageWriter& writer) {
  mapreduce::JobSpec spec;
  for (const auto& strip : strips_->strips()) spec.strip_bytes.push_back(strip.bytes);
  const bool read_ahead_first = strips_->residency() == image::PageStrips::Residency::kept;
  spec.ready = read_ahead_first ? 0 : static_cast<std::uint32_t>(spec.strip_bytes.size());
  spec.apply = strips_->maps_remotely();
  spec.needs = strips_->bits() == 16 ? kSixteenBits : 0;
  submitted_ = true;
  job_ = context_.coordinator->submit(shared_from_this(), std::move(spec));
  if (read_ahead_first) asio::co_spawn(context_.loop, read_ahead(shared_from_this()), asio::detached);

  while (!mapped_ && !lost()) co_await news_.wait();
  if (lost()) co_return std::unexpected(*error_);
  enter(JobPhase::reduce);
  ECE465_CO_TRY(co_await begin_second_half(writer));
  enter(JobPhase::apply);
  if (strips_->maps_remotely()) {
    for (Progress& strip : progress_) strip.accepted = false;
    if (strips_->write_order() != image::PageStrips::WriteOrder::any) {
      asio::co_spawn(context_.loop, write_in_order(shared_from_this()), asio::detached);
    }
    context_.coordinator->table_ready(job_);
  } else {
    ECE465_CO_TRY(co_await recolor());
  }
  while (!lost() && (groups_written_ < strips_->groups() || !job_over_)) co_await news_.wait();
  if (lost()) co_return std::unexpected(*error_);
  enter(JobPhase::write);
  const auto pass = at_work_.enter();
  co_return co_await net::offload(*context_.cpu, [this] { return strips_->finish_write(); });
}

net::Task<Result<void>> PageRun::begin_second_half(image::ImageWriter& writer) {
  const auto pass = at_work_.enter();
  co_return co_await net::offload(*context_.cpu, [this, &writer]() -> Result<void> {
    ECE465_TRY(strips_->finalize());
    return strips_->begin_write(writer);
  });
}

/// A page that neither fits the memory nor can be read from any place: one pass to count, one to map, no workers.
net::Task<Result<void>> PageRun::alone(image::ImageWriter& writer) {
  const auto pass = at_work_.enter();
  const std::size_t planes = strips_->planes();
  for (std::size_t group = 0; group < strips_->groups(); ++group) {
    if (lost()) co_return std::unexpected(*error_);
    ECE465_CO_TRY(co_await net::offload(*context_.cpu, [this, group, planes]() -> Result<void> {
      ECE465_TRY(strips_->load(group));
      for (std::size_t plane = 0; plane < planes; ++plane) {
        std::vector<std::uint64_t> counts(std::size_t{1} << strips_->bits());
        ECE465_TRY(strips_->count_locally(group * planes + plane, counts));
        strips_->add_counts(plane, counts);
      }
      strips_->release(group);
      return {};
    }));
    status_->map_done += planes;
    tell_group_done(group, false);
    context_.changed();
  }
  enter(JobPhase::reduce);
  ECE465_CO_TRY(co_await begin_second_half(writer));
  enter(JobPhase::apply);
  for (std::size_t group = 0; group < strips_->groups(); ++group) {
    if (lost()) co_return std::unexpected(*error_);
    ECE465_CO_TRY(co_await net::offload(*context_.cpu, [this, group, planes]() -> Result<void> {
      ECE465_TRY(strips_->load(group));
      for (std::size_t plane = 0; plane < planes; ++plane) ECE465_TRY(strips_->map_locally(group * planes + plane));
      ECE465_TRY(strips_->write(group));
      strips_->release(group);
      return {};
    }));
    status_->apply_done += planes;
    tell_group_done(group, true);
    context_.changed();
  }
  enter(JobPhase::write);
  co_return co_await net::offload(*context_.cpu, [this] { return strips_->finish_write(); });
}

/// A palette's page: its indices stay and there is nothing for workers to map.
net::Task<Result<void>> PageRun::recolor() {
  const auto pass = at_work_.enter();
  for (std::size_t group = 0; group < strips_->groups(); ++group) {
    if (lost()) co_return std::unexpected(*error_);
    ECE465_CO_TRY(co_await net::offload(*context_.cpu, [this, group]() -> Result<void> {
      ECE465_TRY(strips_->load(group));
      for (std::size_t plane = 0; plane < strips_->planes(); ++plane) {
        ECE465_TRY(strips_->map_locally(group * strips_->planes() + plane));
      }
      ECE465_TRY(strips_->write(group));
      strips_->release(group);
      return {};
    }));
    ++groups_written_;
    status_->apply_done += strips_->planes();
    tell_group_done(group, true);
    context_.changed();
  }
  co_return Result<void>{};
}

net::Task<void> PageRun::read_ahead(std::shared_ptr<PageRun> self) {
  const auto pass = self->at_work_.enter();
  const auto began = Clock::now();
  const std::size_t planes = self->strips_->planes();
  for (std::size_t group = 0; group < self->strips_->groups() && !self->lost(); ++group) {
    auto loaded = co_await net::offload(*self->context_.cpu, [&self, group] { return self->strips_->load(group); });
    if (!loaded) {
      self->lose(std::move(loaded).error());
      co_return;
    }
    if (self->lost()) continue;
    const auto ready = static_cast<std::uint32_t>((group + 1) * planes);
    self->context_.timeline->ready(ready);
    self->context_.coordinator->ready(self->job_, ready);
  }
  if (self->status_ != nullptr) self->status_->read += Clock::now() - began;
}

// --- Merging ---

void PageRun::accept(std::uint32_t strip, Phase phase, mapreduce::WorkerId by, Answer answer) {
  if (lost()) return;
  progress_[strip].accepted = true;
  progress_[strip].by = by;
  const std::string name = context_.coordinator->name_of(by);
  context_.timeline->done(strip, name);
  auto& share = status_->shares[name];
  share.strips += 1;
  share.bytes += strips_->strips()[strip].bytes;
  if (phase == Phase::map) {
    strips_->add_counts(strips_->strips()[strip].plane, answer.counts);
    ++status_->map_done;
  } else {
    ++status_->apply_done;
    asio::co_spawn(context_.loop, put_in_place(shared_from_this(), strip, std::move(answer)), asio::detached);
  }
  context_.merged(phase, strips_->strips()[strip].bytes);
  context_.changed();
}

/// Waits until nobody reads the strip's samples any more; who is slow about it is called back.
net::Task<bool> PageRun::undisturbed(std::uint32_t strip) {
  const auto patience = Clock::now() + kLoanPatience;
  while (progress_[strip].lent > 0 && !lost()) {
    const auto left = patience - Clock::now();
    if (left > net::Duration::zero()) {
      co_await news_.wait(left);
      continue;
    }
    const auto out = progress_[strip].out;  // a copy: a loan that ends takes itself off the list
    for (Lease* lent : out) {
      if (lent->on_revoke) lent->on_revoke();
    }
    co_await news_.wait(kLoanPatience);
  }
  co_return !lost();
}

net::Task<void> PageRun::put_in_place(std::shared_ptr<PageRun> self, std::uint32_t strip, Answer answer) {
  const auto pass = self->at_work_.enter();
  if (!co_await self->undisturbed(strip)) co_return;
  const std::size_t group = self->strips_->strips()[strip].group;
  auto put = co_await net::offload(*self->context_.cpu, [&self, &answer, group, strip]() -> Result<void> {
    ECE465_TRY(self->strips_->load_for_scatter(group));
    auto scattered = self->strips_->scatter(strip, answer.samples);
    self->strips_->release(group);
    return scattered;
  });
  if (!put) {
    self->lose(std::move(put).error());
    co_return;
  }
  if (--self->planes_left_[group] == 0) self->group_whole(group);
}

void PageRun::group_whole(std::size_t group) {
  whole_[group] = true;
  if (strips_->write_order() == image::PageStrips::WriteOrder::any) {
    asio::co_spawn(context_.loop, write_group(shared_from_this(), group), asio::detached);
  } else {
    news_.notify();
  }
}

net::Task<void> PageRun::write_group(std::shared_ptr<PageRun> self, std::size_t group) {
  const auto pass = self->at_work_.enter();
  if (self->lost()) co_return;
  const auto began = Clock::now();
  auto written = co_await net::offload(*self->context_.cpu, [&self, group] { return self->strips_->write(group); });
  if (!written) {
    self->lose(std::move(written).error());
    co_return;
  }
  if (self->status_ != nullptr) self->status_->stitch += Clock::now() - began;
  ++self->groups_written_;
  const std::size_t planes = self->strips_->planes();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    self->context_.timeline->written(static_cast<std::uint32_t>(group * planes + plane));
  }
  self->news_.notify();
}

net::Task<void> PageRun::write_in_order(std::shared_ptr<PageRun> self) {
  const auto pass = self->at_work_.enter();
  for (std::size_t group = 0; group < self->strips_->groups() && !self->lost(); ++group) {
    while (!self->whole_[group] && !self->lost()) co_await self->news_.wait();
    if (self->strips_->write_order() == image::PageStrips::WriteOrder::one_by_one) {
      co_await write_group(self, group);
    } else {  // begun in order, and done side by side
      asio::co_spawn(self->context_.loop, write_group(self, group), asio::detached);
    }
  }
}

void PageRun::phase_done(Phase phase) {
  if (phase == Phase::map) mapped_ = true;
  news_.notify();
}

void PageRun::done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) {
  job_over_ = true;
  if (status_ != nullptr) {
    status_->attempts += report.attempts;
    status_->retries += report.misses;
    status_->duplicates += report.duplicates;
    status_->stolen += report.stolen;
    status_->lies += report.lies;
    status_->bytes_spared += report.bytes_spared;
  }
  if (outcome != mapreduce::JobOutcome::finished && !lost()) lose({Errc::internal, "the strips could not be done"});
  news_.notify();
}

}  // namespace ece465::cluster
