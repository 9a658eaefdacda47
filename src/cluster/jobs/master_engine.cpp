#include "jobs/master_engine.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <ranges>

#include "ece465/base/memory.hpp"
#include "ece465/base/seconds.hpp"
#include "ece465/net/offload.hpp"
#include "jobs/text_run.hpp"
#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// Ended jobs that are kept in memory; older ones are only in the store.
constexpr std::size_t kMaxEndedJobs = 100;
/// Of these, how many keep their timelines, which take up to a megabyte each.
constexpr std::size_t kMaxTimelines = 20;
/// Minimum interval between a job's events. The end of a phase is published immediately.
constexpr auto kPublishInterval = std::chrono::milliseconds(50);

/// The workers that had a share, as "a, b".
template <class Shares, class NameOf>
std::string workers_text(const Shares& shares, NameOf name_of) {
  std::string names;
  for (const auto& [id, share] : shares) names += fmt::format("{}{}", names.empty() ? "" : ", ", name_of(id));
  return names.empty() ? "master" : names;
}

}  // namespace

struct MasterEngine::Job {
  Job(ImageJobContext context, JobStatus status) : work(std::move(context), std::move(status)) {}

  ImageJob work;
  Clock::time_point published{};
  JobPhase published_phase = JobPhase::queued;
  std::uint64_t steps_before_page = 0;  // strips done in both phases before the current page
  std::uint64_t strips_before_page = 0;
  std::size_t page = 0;
  bool ended = false;
};

MasterEngine::MasterEngine(const Dependencies& dependencies, std::uint64_t memory_bytes, std::size_t jobs_at_once,
                           const Limits& limits)
    : deps_(dependencies),
      limits_(limits),
      memory_bytes_(memory_bytes),
      memory_(dependencies.loop.get_executor(), memory_bytes),
      slots_(jobs_at_once),
      slot_freed_(dependencies.loop.get_executor()),
      accepted_(dependencies.loop.get_executor()),
      gate_(dependencies.loop.get_executor()),
      last_tick_(Clock::now()) {}

// --- Accepting ---

net::Task<Result<Engine::Accepted>> MasterEngine::process(JobRequest request) {
  // One at a time per file, so that two simultaneous requests create one job.
  while (accepting_.contains(request.file)) co_await accepted_.wait();
  if (stopping_) co_return fail(Errc::unavailable, "the master is stopping");
  if (const auto running = by_file_.find(request.file); running != by_file_.end()) {
    Accepted accepted;
    accepted.job = running->second->work.status();
    accepted.existing = true;
    co_return accepted;
  }
  const std::string file = request.file;
  accepting_.insert(file);
  auto accepted = co_await accept(std::move(request));
  accepting_.erase(file);
  accepted_.notify();
  co_return accepted;
}

net::Task<Result<Engine::Accepted>> MasterEngine::accept(JobRequest request) {
  ECE465_CO_ASSIGN(const ImageSummary image, co_await net::offload(deps_.files, [this, &request] {
                     return summarize(deps_.folder, request, limits_);
                   }));
  JobStatus status;
  status.created = wall_now();
  ECE465_CO_ASSIGN(status.number, co_await net::offload(deps_.files, [this, &request, &status] {
                     return deps_.store.add(request, status.created);
                   }));
  status.result = result_name(request.file);
  status.request = std::move(request);
  status.image = image;
  Accepted accepted;
  accepted.job = status;
  start(std::move(status));
  co_return accepted;
}

net::Task<Result<text::Tally>> MasterEngine::map_text(text::Kind kind, TextSource& source) {
  if (stopping_) co_return fail(Errc::unavailable, "the master is stopping");
  const auto began = Clock::now();
  TextRunContext context;
  context.coordinator = &deps_.coordinator;
  context.loop = deps_.loop.get_executor();
  context.cpu = &deps_.cpu;
  context.on_merged = [this](std::uint64_t /*bytes*/) { deps_.metrics.strips_done(mapreduce::Phase::map); };
  const TextRunLimits limits;
  const auto run = std::make_shared<TextRun>(context, kind, limits, gate_.enter());
  texts_.insert(run);
  auto tally = co_await TextRun::run(run, &source);
  texts_.erase(run);
  const mapreduce::JobReport& report = run->report();
  const auto by = workers_text(report.shares, [this](mapreduce::WorkerId id) { return deps_.coordinator.name_of(id); });
  const double took = seconds(Clock::now() - began);
  const std::string reason = tally ? "" : tally.error().text();
  deps_.logs.add(
      kMasterSource,
      tally ? fmt::format("{}: {} bytes of text in {:.3f} s by {}", text::kind_name(kind), run->bytes(), took, by)
            : fmt::format("{}: failed after {} bytes of text: {}", text::kind_name(kind), run->bytes(), reason));
  deps_.logger.info("text ended", {{"kind", text::kind_name(kind)},
                                   {"bytes", run->bytes()},
                                   {"seconds", took},
                                   {"attempts", report.attempts},
                                   {"retries", report.failed_attempts},
                                   {"reason", reason}});
  deps_.metrics.strips_retried(report.failed_attempts);
  deps_.metrics.strips_duplicated(report.duplicates);
  deps_.metrics.invalid_results(report.invalid_results);
  trim_heap_if_idle();
  co_return tally;
}

net::Task<Result<void>> MasterEngine::resume() {
  ECE465_CO_ASSIGN(auto undone, co_await net::offload(deps_.files, [this] { return deps_.store.unfinished(); }));
  for (const JobStatus& left : undone) {
    JobStatus status;  // from the beginning: nothing is kept of a page that was in progress
    status.number = left.number;
    status.request = left.request;
    status.created = left.created;
    status.image = left.image;
    status.result = result_name(left.request.file);
    deps_.logs.add(kMasterSource, fmt::format("{}: restarting {}", to_string(status.number), status.request.file));
    start(std::move(status));
  }
  co_return Result<void>{};
}

void MasterEngine::start(JobStatus status) {
  const JobNumber number = status.number;
  ImageJobContext context;
  context.pages.coordinator = &deps_.coordinator;
  context.pages.loop = deps_.loop.get_executor();
  context.pages.cpu = &deps_.cpu;
  context.pages.threads = deps_.threads;
  context.pages.on_changed = [this, number] {
    if (const auto at = jobs_.find(number); at != jobs_.end()) on_changed(*at->second, false);
  };
  context.pages.on_merged = [this](mapreduce::Phase phase, std::uint64_t bytes) {
    merged_bytes_ += bytes;
    deps_.metrics.strips_done(phase);
  };
  context.folder = &deps_.folder;
  context.store = &deps_.store;
  context.files = &deps_.files;
  context.memory = &memory_;
  context.memory_bytes = memory_bytes_;
  context.limits = limits_;
  const auto job = std::make_shared<Job>(std::move(context), std::move(status));
  jobs_.insert_or_assign(number, job);
  by_file_.insert_or_assign(job->work.status().request.file, job);
  on_changed(*job, true);
  net::spawn(deps_.loop, run(this, job));
}

// --- Running ---

net::Task<void> MasterEngine::run(MasterEngine* engine, std::shared_ptr<Job> job) {
  const auto pass = engine->gate_.enter();
  JobStatus& status = job->work.status();
  while (engine->slots_ == 0 && !engine->stopping_ && !job->ended) co_await engine->slot_freed_.wait();
  if (!engine->stopping_ && !job->ended) {
    --engine->slots_;
    status.state = JobState::running;
    status.started = wall_now();
    engine->deps_.logger.info("job started", {{"job", to_string(status.number)}, {"file", status.request.file}});
    co_await engine->save(status);
    auto outcome = co_await job->work.run();
    ++engine->slots_;
    engine->slot_freed_.notify();
    engine->end(*job, std::move(outcome));
  } else if (job->ended) {  // cancelled while queued
    engine->end(*job, fail(Errc::cancelled, "cancelled"));
  }
  // A job that a stop interrupts remains unfinished in the store.
  if (status.finished) co_await engine->save(status);
  engine->trim_heap_if_idle();
}

void MasterEngine::trim_heap_if_idle() {
  // Between two jobs the memory would soon be needed again.
  if (by_file_.empty() && texts_.empty()) asio::post(deps_.files, trim_heap);
}

void MasterEngine::end(Job& job, Result<void> outcome) {
  JobStatus& status = job.work.status();
  const std::string name = to_string(status.number);
  by_file_.erase(status.request.file);
  job.ended = true;
  if (!outcome && outcome.error().code == Errc::cancelled && stopping_) return;
  status.finished = wall_now();
  const auto took = *status.finished - status.created;
  const double seconds =
      std::chrono::duration<double>(*status.finished - status.started.value_or(status.created)).count();
  if (outcome) {
    status.state = JobState::done;
    status.phase = JobPhase::done;
    status.progress = 1;
    const auto by = workers_text(status.shares, [](const std::string& id) { return id; });
    deps_.logs.add(kMasterSource, fmt::format("{}: {} -> {} in {:.3f} s by {}", name, status.request.file,
                                              status.result, seconds, by));
    deps_.events.publish("file", file_event_json(status.result, "added"));
  } else {
    status.state = outcome.error().code == Errc::cancelled ? JobState::cancelled : JobState::failed;
    status.error = outcome.error();
    deps_.logs.add(kMasterSource, fmt::format("{}: {} {}: {}", name, status.request.file, state_name(status.state),
                                              status.error->message));
  }
  deps_.logger.info("job ended", {{"job", name},
                                  {"file", status.request.file},
                                  {"state", state_name(status.state)},
                                  {"seconds", seconds},
                                  {"sent", status.bytes_sent},
                                  {"received", status.bytes_received},
                                  {"retries", status.retries},
                                  {"reason", status.error ? status.error->text() : ""}});
  deps_.metrics.job_ended(status.state, took);
  deps_.metrics.strips_retried(status.retries);
  deps_.metrics.strips_duplicated(status.duplicates);
  deps_.metrics.invalid_results(status.invalid_results);
  on_changed(job, true);
  std::size_t ended = 0;
  for (const auto& [number, one] : std::views::reverse(jobs_)) {
    ended += one->ended ? 1 : 0;
    if (one->ended && ended > kMaxTimelines) one->work.forget_timeline();
  }
  for (auto at = jobs_.begin(); ended > kMaxEndedJobs && at != jobs_.end();) {
    const bool old = at->second->ended && at->second.get() != &job;
    at = old ? jobs_.erase(at) : std::next(at);
    ended -= old ? 1 : 0;
  }
}

net::Task<void> MasterEngine::save(JobStatus status) {
  const auto saved = co_await net::offload(deps_.files, [this, &status] { return deps_.store.update(status); });
  if (!saved) deps_.logger.error("the job store failed", {{"reason", saved.error().text()}});
}

void MasterEngine::on_changed(Job& job, bool at_once) {
  JobStatus& status = job.work.status();
  if (status.page != job.page) {
    job.page = status.page;
    job.steps_before_page = status.map_done + status.apply_done;
    job.strips_before_page = status.strips;  // before the new page's are added
  }
  if (status.state == JobState::running && status.image && status.image->pages > 0) {
    const std::uint64_t strips = status.strips - std::min(status.strips, job.strips_before_page);
    const std::uint64_t steps = status.map_done + status.apply_done - job.steps_before_page;
    const double part = strips == 0 ? 0 : static_cast<double>(steps) / (2 * static_cast<double>(strips));
    status.progress =
        (static_cast<double>(status.page) + std::min(part, 1.0)) / static_cast<double>(status.image->pages);
  }
  if (!deps_.events.has_subscribers()) return;
  const auto now = Clock::now();
  if (!at_once && status.phase == job.published_phase && now - job.published < kPublishInterval) return;
  job.published = now;
  job.published_phase = status.phase;
  deps_.events.publish("job", job_json(status), "job/" + to_string(status.number));
}

// --- Ending ---

Result<void> MasterEngine::cancel(JobNumber number) {
  const auto at = jobs_.find(number);
  if (at == jobs_.end()) return fail(Errc::not_found, "Job not found");
  Job& job = *at->second;
  if (job.ended) return fail(Errc::bad_input, "{} has ended already", to_string(number));
  if (job.work.status().state == JobState::queued) {
    job.ended = true;
    slot_freed_.notify();
  } else {
    job.work.cancel();
  }
  return {};
}

net::Task<void> MasterEngine::stop(net::Duration limit) {
  stopping_ = true;
  gate_.close();
  slot_freed_.notify();
  if (co_await gate_.drained(limit)) co_return;
  for (const auto& [number, job] : jobs_) {
    if (job->ended) continue;
    deps_.logger.info("job will be resumed at the next start", {{"job", to_string(number)}});
    job->work.cancel();
  }
  const auto texts = texts_;  // a copy: a text that ends removes itself
  for (const auto& run : texts) run->cancel({Errc::unavailable, "the master is stopping"});
  std::ignore = co_await gate_.drained();
}

// --- Monitoring ---

void MasterEngine::tick() {
  const auto now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - std::exchange(last_tick_, now)).count();
  const auto merged = static_cast<double>(merged_bytes_ - std::exchange(merged_at_last_tick_, merged_bytes_));
  if (seconds > 0) samples_per_second_ = (samples_per_second_ + merged / 2 / seconds) / 2;
  if (samples_per_second_ < 1) samples_per_second_ = 0;
  deps_.hub.publish();
}

std::optional<JobStatus> MasterEngine::job(JobNumber number) const {
  const auto at = jobs_.find(number);
  return at == jobs_.end() ? std::nullopt : std::optional(at->second->work.status());
}

std::vector<JobStatus> MasterEngine::jobs() const {
  std::vector<JobStatus> all;
  for (const auto& [number, job] : std::views::reverse(jobs_)) all.push_back(job->work.status());
  return all;
}

std::optional<JobStrips> MasterEngine::strips(JobNumber number) const {
  const auto at = jobs_.find(number);
  if (at == jobs_.end()) return std::nullopt;
  if (const PageRun* page = at->second->work.page()) return page->strip_status();
  JobStrips none;
  none.page = at->second->work.status().page;
  none.phase = at->second->work.status().phase;
  return none;
}

std::shared_ptr<const JobTimeline> MasterEngine::timeline(JobNumber number) const {
  const auto at = jobs_.find(number);
  return at == jobs_.end() ? nullptr : at->second->work.timeline();
}

Engine::Totals MasterEngine::totals() const {
  Totals totals;
  totals.bytes_sent = deps_.hub.bytes_sent();
  totals.bytes_received = deps_.hub.bytes_received();
  totals.samples_per_second = samples_per_second_;
  return totals;
}

}  // namespace ece465::cluster
