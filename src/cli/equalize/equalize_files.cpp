#include "equalize_files.hpp"

#include <algorithm>
#include <numeric>

#include "common/files.hpp"
#include "common/in_order.hpp"
#include "ece465/base/parallel.hpp"

namespace ece465::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// Threads and memory that one file may use.
struct Share {
  unsigned threads = 1;
  std::uint64_t memory_bytes = 0;
};

/// Equalizes one job's file into `report`.
class FileRun {
 public:
  FileRun(const Job& job, const FileOptions& options, Share share) : job_(job), options_(options), share_(share) {}

  Result<void> run(std::size_t index, Progress& progress, FileReport& report) {
    if (job_.refused) return std::unexpected(*job_.refused);
    if (options_.stop.stop_requested()) return fail_on(job_.input.string(), Errc::cancelled, "interrupted");
    ECE465_ASSIGN(const auto source, open_input(job_.input, options_.stop));
    report.bytes_in = source->size();
    progress.started(index, source->name(), source->size());
    ECE465_ASSIGN(const auto sink, open_output(job_, options_.force));
    ECE465_ASSIGN(const image::Format format, output_format(job_, *source));
    ECE465_ASSIGN(auto done, image::equalize(*source, *sink, format, equalize_options(index, progress, report)));
    report.input_format = done.input_format;
    report.output_format = done.output_format;
    report.notes = std::move(done.notes);
    ECE465_ASSIGN(report.bytes_out, sink->size());
    return job_.output == kDash ? sink->copy_to(options_.stdout_descriptor, "standard output") : sink->commit();
  }

 private:
  image::EqualizeOptions equalize_options(std::size_t index, Progress& progress, FileReport& report) const {
    image::EqualizeOptions options;
    options.channels = options_.channels;
    options.quality = options_.quality;
    options.threads = share_.threads;
    options.memory_bytes = share_.memory_bytes;
    options.stop = options_.stop;
    if (progress.active()) {
      options.progress = [index, &progress](std::size_t done, std::size_t total) {
        progress.moved(index, done, total);
      };
    }
    options.page_done = [this, &report](image::PageReport&& page) {
      report.pages.push_back(summarize(page, options_.channels));
      if (options_.plot != nullptr) options_.plot->add(page, options_.channels);
    };
    return options;
  }

  const Job& job_;
  const FileOptions& options_;
  Share share_;
};

/// The whole run: which files are processed at once, with what share.
class FilesRun {
 public:
  FilesRun(const std::vector<Job>& jobs, const FileOptions& options, Progress& progress,
           const std::function<void(FileReport&&)>& report)
      : jobs_(jobs), options_(options), progress_(progress), in_order_(jobs.size(), report) {}

  void run() {
    std::vector<std::size_t> order(jobs_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // The largest first: a large one started last would keep one thread busy while the others have no work left.
    std::ranges::stable_sort(order, std::ranges::greater(), [this](std::size_t i) { return jobs_[i].bytes; });

    const Share whole{options_.threads, options_.memory_bytes};
    std::size_t first = 0;
    // Larger than all others together: it would finish last anyway, so it gets every thread.
    if (!order.empty() && 2 * jobs_[order[0]].bytes > total_bytes()) process(order[first++], whole, false);

    const std::size_t rest = order.size() - first;
    const auto at_once = static_cast<unsigned>(std::clamp<std::size_t>(rest, 1, options_.threads));
    const Share share{options_.threads / at_once, options_.memory_bytes / at_once};
    std::vector<char> too_large(jobs_.size(), 0);  // for its share; not vector<bool>, threads write to it
    // Never fails: errors are in the reports.
    (void)parallel_for(at_once, rest, [&](unsigned, std::size_t i) -> Result<void> {
      const std::size_t index = order[first + i];
      too_large[index] = process(index, share, at_once > 1) ? 0 : 1;
      return {};
    });
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (too_large[i] != 0) process(i, whole, false);
    }
  }

 private:
  /// Does one job and reports it. With `may_retry`, returns false instead if the share of memory was too small.
  bool process(std::size_t index, Share share, bool may_retry) {
    const Job& job = jobs_[index];
    const auto start = Clock::now();
    FileReport report;
    report.input = job.input == kDash ? "standard input" : job.input.string();
    report.output = job.output == kDash ? "standard output" : job.output.string();
    if (auto done = FileRun(job, options_, share).run(index, progress_, report); !done) {
      if (may_retry && done.error().code == Errc::too_large) return false;
      report.error = std::move(done).error();
    }
    report.duration = Clock::now() - start;
    progress_.finished(index);
    in_order_.add(index, std::move(report));
    return true;
  }

  std::uint64_t total_bytes() const {
    std::uint64_t total = 0;
    for (const Job& job : jobs_) total += job.bytes;
    return total;
  }

  const std::vector<Job>& jobs_;
  const FileOptions& options_;
  Progress& progress_;
  InOrder<FileReport> in_order_;
};

}  // namespace

void equalize_files(const std::vector<Job>& jobs, const FileOptions& options, Progress& progress,
                    const std::function<void(FileReport&&)>& report) {
  FilesRun(jobs, options, progress, report).run();
}

}  // namespace ece465::cli
