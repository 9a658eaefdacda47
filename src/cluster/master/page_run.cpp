#include "page_run.hpp"

#include <algorithm>
#include <atomic>

#include "ece465/image/samples.hpp"
#include "ece465/net/offload.hpp"
#include "skills.hpp"

namespace ece465::cluster {

using mapreduce::AttemptId;
using mapreduce::kMaster;
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

/// Samples of a strip that somebody reads. Given back when it goes.
class PageRun::Loan final : public Lent {
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
  if (strips_->residence() == image::PageStrips::Residence::streamed) {
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
  const bool read_ahead_first = strips_->residence() == image::PageStrips::Residence::kept;
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
    ECE465_TRY(strips_->settle());
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

// --- Strips at work ---

net::Task<Result<std::shared_ptr<PageRun::Load>>> PageRun::load(std::size_t group, LoadKind kind) {
  auto loaded = co_await net::offload(*context_.cpu, [this, group, kind] {
    return kind == LoadKind::to_read ? strips_->load(group) : strips_->load_to_scatter(group);
  });
  if (!loaded) co_return std::unexpected(std::move(loaded).error());
  co_return std::make_shared<Load>(shared_from_this(), group);
}

net::Task<Result<PageWork::Pixels>> PageRun::pixels(std::uint32_t strip, Phase phase) {
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
  class Copy final : public Lent {
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
                                              Scrutiny scrutiny) {
  const auto self = shared_from_this();
  if (lost() || mapped_ || progress_[strip].accepted) {
    co_return fail(Errc::cancelled, "nobody needs the strip any more");
  }
  ECE465_CO_TRY(strips_->check_counts(strip, counts));
  if (scrutiny == Scrutiny::places) co_return Result<void>{};
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
                                                                     Scrutiny scrutiny) {
  const auto self = shared_from_this();
  if (lost() || job_over_ || progress_[strip].accepted) {
    co_return fail(Errc::cancelled, "nobody needs the strip any more");
  }
  const auto pass = at_work_.enter();
  const Loan loan(self, strip);
  const LoadKind kind = scrutiny == Scrutiny::all ? LoadKind::to_read : LoadKind::to_scatter;
  auto loaded = co_await load(strips_->strips()[strip].group, kind);
  if (!loaded) {
    lose(loaded.error());
    co_return std::unexpected(std::move(loaded).error());
  }
  auto fine = strips_->check_mapped(strip, mapped);
  if (fine && scrutiny == Scrutiny::all) {
    fine = co_await net::offload(*context_.cpu, [this, strip, mapped] { return compare_mapped(strip, mapped); });
  }
  if (!fine) co_return std::unexpected(std::move(fine).error());
  co_return std::shared_ptr<const void>(*std::move(loaded));
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
    for (Lent* lent : out) {
      if (lent->call_back) lent->call_back();
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
    ECE465_TRY(self->strips_->load_to_scatter(group));
    auto scattered = self->strips_->scatter_taking(strip, answer.samples);
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

// --- For people who watch ---

void PageRun::handed_out(AttemptId attempt, std::uint32_t strip, mapreduce::WorkerId to, bool kept) {
  context_.timeline->sent(attempt, strip, context_.coordinator->name_of(to), kept);
}

void PageRun::missed(AttemptId attempt, Outcome outcome) {
  Timeline::Why why = Timeline::Why::failed;
  if (outcome == Outcome::lie) why = Timeline::Why::lie;
  if (outcome == Outcome::not_kept) why = Timeline::Why::not_kept;
  context_.timeline->missed(attempt, why);
}

/// What the master did on its own, outside of the scheduler.
void PageRun::tell_group_done(std::size_t group, bool written) {
  const std::size_t planes = strips_->planes();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto strip = static_cast<std::uint32_t>(group * planes + plane);
    context_.timeline->done(strip, context_.coordinator->name_of(kMaster));
    if (written) context_.timeline->written(strip);
  }
}

void PageRun::moved(Phase phase, std::uint64_t sent, std::uint64_t received) {
  if (status_ == nullptr) return;
  (phase == Phase::map ? status_->map_sent : status_->apply_sent) += sent;
  (phase == Phase::map ? status_->map_received : status_->apply_received) += received;
  status_->bytes_sent += sent;
  status_->bytes_received += received;
}

// --- For people ---

JobStrips PageRun::strips_now() const {
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
      strip.misses = views[i].misses;
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
