#include "jobs/page_run.hpp"

#include <atomic>

#include "ece465/net/offload.hpp"
#include "model/capabilities.hpp"

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
using mapreduce::Outcome;
using mapreduce::Phase;

namespace {

/// Table ids are unique in this process, so that a worker cannot mix up tables of two pages.
std::uint64_t allocate_table_ids(std::size_t planes) {
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
      complete_(strips_->groups()),
      table_base_(allocate_table_ids(strips_->planes())),
      phase_began_(Clock::now()),
      changed_(context.loop),
      operations_(context.loop) {}

PageRun::~PageRun() = default;

// --- The page from beginning to end ---

net::Task<Result<void>> PageRun::run(image::ImageWriter& writer) {
  const auto self = shared_from_this();
  enter(JobPhase::map);
  // Not `a ? co_await b : co_await c`: GCC 12 destroys the error of such a result twice.
  Result<void> outcome;
  if (strips_->residency() == image::PageStrips::Residency::streamed) {
    outcome = co_await run_alone(writer);
  } else {
    outcome = co_await run_distributed(writer);
  }
  if (!outcome) fail_with(std::move(outcome).error());
  if (!failed()) {
    enter(JobPhase::write);
    auto finished = co_await net::offload(*context_.cpu, [this] { return strips_->finish_write(); });
    if (!finished) fail_with(std::move(finished).error());
  }
  if (failed()) strips_->abandon();
  co_await operations_.drained();
  enter(JobPhase::done);
  context_.timeline->end();
  status_ = nullptr;
  if (failed()) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

void PageRun::cancel() {
  cancelled_ = true;
  fail_with({Errc::cancelled, "cancelled"});
}

void PageRun::fail_with(Error error) {
  // Operations that stop because the page has failed may report `cancelled` before the operation that caused it reports
  // its own error, such as a full disk.
  const bool only_stopped = failed() && error_->code == Errc::cancelled && !cancelled_;
  if (!failed() || (only_stopped && error.code != Errc::cancelled)) error_ = std::move(error);
  if (submitted_ && !job_done_) context_.coordinator->cancel(job_);
  strips_->abandon();
  changed_.notify();
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
  context_.on_changed();
}

net::Task<Result<void>> PageRun::run_distributed(image::ImageWriter& writer) {
  mapreduce::JobSpec spec;
  for (const auto& strip : strips_->strips()) spec.strip_bytes.push_back(strip.bytes);
  const bool read_ahead_first = strips_->residency() == image::PageStrips::Residency::kept;
  spec.ready = read_ahead_first ? 0 : static_cast<std::uint32_t>(spec.strip_bytes.size());
  spec.apply = strips_->maps_remotely();
  spec.needs = strips_->bits() == 16 ? kSixteenBits : 0;
  submitted_ = true;
  job_ = context_.coordinator->submit(shared_from_this(), std::move(spec));
  if (read_ahead_first) net::spawn(context_.loop, read_ahead(shared_from_this()));

  while (!mapped_ && !failed()) co_await changed_.wait();
  if (failed()) co_return std::unexpected(*error_);
  enter(JobPhase::reduce);
  ECE465_CO_TRY(co_await make_tables(writer));
  enter(JobPhase::apply);
  if (strips_->maps_remotely()) {
    for (Progress& strip : progress_) strip.accepted = false;
    if (strips_->write_order() != image::PageStrips::WriteOrder::any) {
      net::spawn(context_.loop, write_in_order(shared_from_this()));
    }
    context_.coordinator->table_ready(job_);
  } else {
    ECE465_CO_TRY(co_await map_and_write());
  }
  while (!failed() && (groups_written_ < strips_->groups() || !job_done_)) co_await changed_.wait();
  if (failed()) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

net::Task<Result<void>> PageRun::make_tables(image::ImageWriter& writer) {
  const auto pass = operations_.enter();
  co_return co_await net::offload(*context_.cpu, [this, &writer]() -> Result<void> {
    ECE465_TRY(strips_->finalize());
    return strips_->begin_write(writer);
  });
}

/// A page that neither fits in memory nor can be read in any order: one pass to count, one to map, no workers.
net::Task<Result<void>> PageRun::run_alone(image::ImageWriter& writer) {
  const auto pass = operations_.enter();
  const std::size_t planes = strips_->planes();
  for (std::size_t group = 0; group < strips_->groups(); ++group) {
    if (failed()) co_return std::unexpected(*error_);
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
    record_group_done(group, false);
    context_.on_changed();
  }
  enter(JobPhase::reduce);
  ECE465_CO_TRY(co_await make_tables(writer));
  enter(JobPhase::apply);
  co_return co_await map_and_write();
}

/// The second half without workers: of a page that is processed alone, or whose palette changes but not its indices.
net::Task<Result<void>> PageRun::map_and_write() {
  const auto pass = operations_.enter();
  for (std::size_t group = 0; group < strips_->groups(); ++group) {
    if (failed()) co_return std::unexpected(*error_);
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
    record_group_done(group, true);
    context_.on_changed();
  }
  co_return Result<void>{};
}

net::Task<void> PageRun::read_ahead(std::shared_ptr<PageRun> self) {
  const auto pass = self->operations_.enter();
  const auto began = Clock::now();
  const std::size_t planes = self->strips_->planes();
  for (std::size_t group = 0; group < self->strips_->groups() && !self->failed(); ++group) {
    auto loaded = co_await net::offload(*self->context_.cpu, [&self, group] { return self->strips_->load(group); });
    if (!loaded) {
      self->fail_with(std::move(loaded).error());
      co_return;
    }
    if (self->failed()) continue;
    const auto ready = static_cast<std::uint32_t>((group + 1) * planes);
    self->context_.timeline->ready(ready);
    self->context_.coordinator->ready(self->job_, ready);
  }
  if (self->status_ != nullptr) self->status_->read += Clock::now() - began;
}

// --- Merging ---

void PageRun::accept(std::uint32_t strip, Phase phase, mapreduce::WorkerId by, Answer answer) {
  if (failed()) return;
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
    net::spawn(context_.loop, store_samples(shared_from_this(), strip, std::move(answer)));
  }
  context_.on_merged(phase, strips_->strips()[strip].bytes);
  context_.on_changed();
}

net::Task<void> PageRun::store_samples(std::shared_ptr<PageRun> self, std::uint32_t strip, Answer answer) {
  const auto pass = self->operations_.enter();
  if (!co_await self->wait_for_leases(strip)) co_return;
  const std::size_t group = self->strips_->strips()[strip].group;
  auto put = co_await net::offload(*self->context_.cpu, [&self, &answer, group, strip]() -> Result<void> {
    ECE465_TRY(self->strips_->load_for_scatter(group));
    auto scattered = self->strips_->scatter(strip, answer.samples);
    self->strips_->release(group);
    return scattered;
  });
  if (!put) {
    self->fail_with(std::move(put).error());
    co_return;
  }
  if (--self->planes_left_[group] == 0) self->on_group_complete(group);
}

void PageRun::on_group_complete(std::size_t group) {
  complete_[group] = true;
  if (strips_->write_order() == image::PageStrips::WriteOrder::any) {
    net::spawn(context_.loop, write_group(shared_from_this(), group));
  } else {
    changed_.notify();
  }
}

net::Task<void> PageRun::write_group(std::shared_ptr<PageRun> self, std::size_t group) {
  const auto pass = self->operations_.enter();
  if (self->failed()) co_return;
  const auto began = Clock::now();
  auto written = co_await net::offload(*self->context_.cpu, [&self, group] { return self->strips_->write(group); });
  if (!written) {
    self->fail_with(std::move(written).error());
    co_return;
  }
  if (self->status_ != nullptr) self->status_->stitch += Clock::now() - began;
  ++self->groups_written_;
  const std::size_t planes = self->strips_->planes();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    self->context_.timeline->written(static_cast<std::uint32_t>(group * planes + plane));
  }
  self->changed_.notify();
}

net::Task<void> PageRun::write_in_order(std::shared_ptr<PageRun> self) {
  const auto pass = self->operations_.enter();
  for (std::size_t group = 0; group < self->strips_->groups() && !self->failed(); ++group) {
    while (!self->complete_[group] && !self->failed()) co_await self->changed_.wait();
    if (self->strips_->write_order() == image::PageStrips::WriteOrder::one_by_one) {
      co_await write_group(self, group);
    } else {  // started in order, run concurrently
      net::spawn(self->context_.loop, write_group(self, group));
    }
  }
}

void PageRun::phase_done(Phase phase) {
  if (phase == Phase::map) mapped_ = true;
  changed_.notify();
}

void PageRun::done(mapreduce::JobOutcome outcome, const mapreduce::JobReport& report) {
  job_done_ = true;
  if (status_ != nullptr) {
    status_->attempts += report.attempts;
    status_->retries += report.failed_attempts;
    status_->duplicates += report.duplicates;
    status_->stolen += report.stolen;
    status_->invalid_results += report.invalid_results;
    status_->bytes_spared += report.bytes_spared;
  }
  if (outcome != mapreduce::JobOutcome::finished && !failed())
    fail_with({Errc::internal, "the strips could not be processed"});
  changed_.notify();
}

// --- Status ---

void PageRun::on_assigned(AttemptId attempt, std::uint32_t strip, mapreduce::WorkerId to, bool kept) {
  context_.timeline->sent(attempt, strip, context_.coordinator->name_of(to), kept);
}

void PageRun::on_failed(AttemptId attempt, Outcome outcome) {
  Timeline::Reason reason = Timeline::Reason::failed;
  if (outcome == Outcome::invalid_result) reason = Timeline::Reason::invalid_result;
  if (outcome == Outcome::not_kept) reason = Timeline::Reason::not_kept;
  context_.timeline->missed(attempt, reason);
}

/// For groups that the master processes without the scheduler.
void PageRun::record_group_done(std::size_t group, bool written) {
  const std::size_t planes = strips_->planes();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto strip = static_cast<std::uint32_t>(group * planes + plane);
    context_.timeline->done(strip, context_.coordinator->name_of(kMaster));
    if (written) context_.timeline->written(strip);
  }
}

void PageRun::on_transfer(Phase phase, std::uint64_t sent, std::uint64_t received) {
  if (status_ == nullptr) return;
  (phase == Phase::map ? status_->map_sent : status_->apply_sent) += sent;
  (phase == Phase::map ? status_->map_received : status_->apply_received) += received;
  status_->bytes_sent += sent;
  status_->bytes_received += received;
}

JobStrips PageRun::strip_status() const {
  JobStrips now;
  now.phase = phase_;
  if (status_ != nullptr) now.page = status_->page;
  const auto views = context_.coordinator->scheduler().strips(job_);
  const auto& strips = strips_->strips();
  now.strips.resize(strips.size());
  for (std::size_t i = 0; i < strips.size(); ++i) {
    auto& strip = now.strips[i];
    strip.plane = strips[i].plane;
    strip.first_row = strips[i].first_row;
    strip.rows = strips[i].rows;
    if (progress_[i].accepted) strip.by = context_.coordinator->name_of(progress_[i].by);
    if (i < views.size()) {
      strip.state = views[i].state;
      strip.failed_attempts = views[i].failed_attempts;
      for (const auto worker : views[i].workers) strip.workers.push_back(context_.coordinator->name_of(worker));
    } else {
      strip.state = progress_[i].accepted ? mapreduce::StripState::done : mapreduce::StripState::waiting;
    }
  }
  return now;
}

PageLevels PageRun::levels() const {
  PageLevels levels;
  levels.before = strips_->before();
  levels.tables = strips_->tables();
  const bool deep = levels.before.empty() ? strips_->bits() == 16 : levels.before.front().max_level() > 255;
  levels.bits = deep ? 16 : 8;
  return levels;
}

}  // namespace ece465::cluster
