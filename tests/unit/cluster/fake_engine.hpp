#pragma once

#include <map>

#include "statuses.hpp"
#include "store/data_folder.hpp"
#include "store/job_store.hpp"

namespace ece465::cluster::testing {

/// An engine whose jobs stay running until a test changes them.
class FakeEngine final : public Engine {
 public:
  FakeEngine(const DataFolder& folder, JobStore& store) : folder_(folder), store_(store) {}

  std::optional<Error> refuse;  ///< what `process` fails with
  std::map<JobNumber, JobStatus, std::greater<>> known;
  std::vector<WorkerStatus> connected;
  std::optional<JobStrips> current_strips;
  std::size_t texts = 0;  ///< number of texts
  std::shared_ptr<const JobTimeline> job_timeline;

  net::Task<Result<Accepted>> process(JobRequest request) override {
    if (refuse) co_return std::unexpected(*refuse);
    const auto entry = folder_.find(request.file);
    if (!entry || !*entry) co_return fail(Errc::not_found, "{}", kFileNotFound);
    Accepted accepted;
    for (const auto& [number, job] : known) {
      if (job.request.file != request.file || job.ended()) continue;
      accepted.job = job;
      accepted.existing = true;
      co_return accepted;
    }
    ECE465_CO_ASSIGN(const JobNumber number, store_.add(request, moment()));
    accepted.job.number = number;
    accepted.job.request = request;
    accepted.job.result = result_name(request.file);
    accepted.job.state = JobState::running;
    accepted.job.created = moment();
    known[number] = accepted.job;
    co_return accepted;
  }
  net::Task<Result<text::Tally>> map_text(text::Kind kind, TextSource& source) override {
    if (refuse) co_return std::unexpected(*refuse);
    ++texts;
    std::string all;
    Buffer piece(1000);
    for (;;) {
      ECE465_CO_ASSIGN(const std::size_t n, co_await source.read(piece.span()));
      if (n == 0) break;
      all += as_text(piece.span().first(n));
    }
    text::Tally tally(kind);
    ECE465_CO_TRY(tally.count(all));
    co_return tally;
  }
  Result<void> cancel(JobNumber number) override {
    const auto at = known.find(number);
    if (at == known.end() || at->second.ended()) return fail(Errc::bad_input, "no such job runs");
    at->second.state = JobState::cancelled;
    return {};
  }
  std::optional<JobStatus> job(JobNumber number) const override {
    const auto at = known.find(number);
    return at == known.end() ? std::nullopt : std::optional(at->second);
  }
  std::vector<JobStatus> jobs() const override {
    std::vector<JobStatus> all;
    for (const auto& [number, job] : known) all.push_back(job);
    return all;
  }
  std::optional<JobStrips> strips(JobNumber /*number*/) const override { return current_strips; }
  std::shared_ptr<const JobTimeline> timeline(JobNumber /*number*/) const override { return job_timeline; }
  std::vector<WorkerStatus> workers() const override { return connected; }
  Totals totals() const override { return {100, 200, 3e6}; }

 private:
  const DataFolder& folder_;
  JobStore& store_;
};

inline WorkerStatus some_worker(std::string id) {
  WorkerStatus worker;
  worker.id = std::move(id);
  worker.peer = "10.0.0.2:40312";
  worker.dialect = "ECE465/2";
  worker.threads = 4;
  worker.view.state = mapreduce::WorkerState::active;
  worker.view.bytes_per_second = 1.5e6;
  worker.view.strips_merged = 12;
  worker.connected = moment();
  worker.last_heard = moment();
  return worker;
}

}  // namespace ece465::cluster::testing
