#include "ece465/labs/prodcon.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "bounded_queue.hpp"
#include "duration_histogram.hpp"
#include "ece465/base/seconds.hpp"
#include "random.hpp"

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;

struct Job {
  std::uint64_t number = 0;
  Clock::time_point produced;
};

/// Records how full the queue is over time. `changed` is called under the queue's lock.
class DepthRecorder {
 public:
  explicit DepthRecorder(std::size_t capacity) : capacity_(capacity) {}

  void begin(Clock::time_point at) { start_ = last_ = at; }
  void changed(std::size_t depth) {
    const auto now = Clock::now();
    account(now);
    depth_ = depth;
    peak_ = std::max(peak_, depth);
    if (++changes_ % stride_ != 0) return;
    depths_.push_back({now - start_, depth});
    if (depths_.size() < kMaxDepths) return;
    // Drop every second entry, and record half as often from now on.
    std::size_t to = 0;
    for (std::size_t from = 1; from < depths_.size(); from += 2) depths_[to++] = depths_[from];
    depths_.resize(to);
    stride_ *= 2;
  }
  void report(ProdconReport& into, Clock::time_point end) {
    account(end);
    const double total = std::max(1e-9, seconds(end - start_));
    into.mean_depth = weighted_ / total;
    into.full_fraction = full_ / total;
    into.empty_fraction = empty_ / total;
    into.peak_depth = peak_;
    into.depths = depths_;
  }

 private:
  static constexpr std::size_t kMaxDepths = 4096;

  void account(Clock::time_point now) {
    const double elapsed = seconds(now - last_);
    weighted_ += elapsed * static_cast<double>(depth_);
    if (depth_ >= capacity_) full_ += elapsed;
    if (depth_ == 0) empty_ += elapsed;
    last_ = now;
  }

  std::size_t capacity_;
  Clock::time_point start_, last_;
  std::size_t depth_ = 0, peak_ = 0;
  double weighted_ = 0, full_ = 0, empty_ = 0;
  std::uint64_t changes_ = 0, stride_ = 1;
  std::vector<QueueDepth> depths_;
};

class ProducerConsumer {
 public:
  ProducerConsumer(const ProdconOptions& options, const ProdconHooks& hooks)
      : options_(options), hooks_(hooks), queue_(options.capacity), depths_(options.capacity) {}

  Result<ProdconReport> run(const std::stop_token& stop) {
    const auto start = Clock::now();
    depths_.begin(start);
    producers_.resize(static_cast<std::size_t>(options_.producers));
    consumers_.resize(static_cast<std::size_t>(options_.consumers));
    std::vector<std::thread> producers, consumers;
    const auto interrupt = [this] { end(ProdconReport::End::interrupted, true); };
    std::string failed;
    try {
      for (int i = 0; i < options_.consumers; ++i) consumers.emplace_back([this, i] { consume(i); });
      for (int i = 0; i < options_.producers; ++i) producers.emplace_back([this, i] { produce(i); });
    } catch (const std::system_error& error) {
      failed = error.code().message();
      interrupt();
    }
    {
      const std::stop_callback when_stopped(stop, interrupt);
      if (options_.duration.count() > 0) {
        std::unique_lock lock(mutex_);
        const auto over = [this] { return ending_ || producers_done_ == options_.producers; };
        if (!changed_.wait_for(lock, options_.duration, over)) {
          lock.unlock();
          end(ProdconReport::End::duration, false);
        }
      }
      for (auto& thread : producers) thread.join();
      queue_.close(false);  // consumers drain it unless the run was interrupted
      for (auto& thread : consumers) thread.join();
    }
    if (!failed.empty()) return fail(Errc::io, "cannot start a thread: {}", failed);
    return report(start);
  }

 private:
  /// Producers stop; consumers drain the queue first unless `abort`.
  void end(ProdconReport::End reason, bool abort) {
    {
      const std::scoped_lock lock(mutex_);
      if (!ending_ || abort) reason_ = reason;
      ending_ = true;
      aborted_ = aborted_ || abort;
    }
    changed_.notify_all();
    queue_.close(abort);
  }

  /// False: the run was aborted or, for producers, ends.
  bool sleep_as_producer(std::chrono::nanoseconds time) { return sleep(time, ending_); }
  bool sleep_as_consumer(std::chrono::nanoseconds time) { return sleep(time, aborted_); }
  bool sleep(std::chrono::nanoseconds time, const bool& over) {
    std::unique_lock lock(mutex_);
    if (time.count() <= 0) return !over;
    return !changed_.wait_for(lock, time, [&over] { return over; });
  }

  void produce(int i) {
    Random random(options_.seed, static_cast<std::uint64_t>(i));
    while (sleep_as_producer(random.between(options_.produce.min, options_.produce.max))) {
      const std::uint64_t number = next_job_.fetch_add(1);
      if (options_.jobs > 0 && number > options_.jobs) break;
      if (hooks_.on_line) {
        const std::string name = options_.producers == 1 ? "Producer" : fmt::format("Producer {}", i);
        hooks_.on_line(fmt::format("[{}] Generating Job {}", name, number));
      }
      if (!queue_.put({number, Clock::now()}, [this](std::size_t depth) { depths_.changed(depth); })) break;
      ++producers_[static_cast<std::size_t>(i)].jobs;
    }
    {
      const std::scoped_lock lock(mutex_);
      ++producers_done_;
    }
    changed_.notify_all();
  }

  void consume(int i) {
    Random random(options_.seed, 1'000'000 + static_cast<std::uint64_t>(i));
    ThreadStats& own = consumers_[static_cast<std::size_t>(i)];
    while (const auto job = queue_.take([this](std::size_t depth) { depths_.changed(depth); })) {
      own.waited.add(Clock::now() - job->produced);
      if (hooks_.on_line) hooks_.on_line(fmt::format("[Consumer {}] Processing Job {}", i, job->number));
      (void)sleep_as_consumer(random.between(options_.consume.min, options_.consume.max));
      ++own.jobs;
      own.number_sum += job->number;
    }
  }

  Result<ProdconReport> report(Clock::time_point start) {
    const auto now = Clock::now();
    ProdconReport report;
    report.end = reason_;
    report.elapsed = now - start;
    depths_.report(report, now);
    DurationHistogram waited;
    std::uint64_t number_sum = 0;
    for (const ThreadStats& producer : producers_) {
      report.produced += producer.jobs;
      report.by_producer.push_back(producer.jobs);
    }
    for (const ThreadStats& consumer : consumers_) {
      report.consumed += consumer.jobs;
      report.by_consumer.push_back(consumer.jobs);
      number_sum += consumer.number_sum;
      waited.add(consumer.waited);
    }
    report.left = queue_.size();
    report.waited_median = waited.percentile(0.5);
    report.waited_p99 = waited.percentile(0.99);
    report.waited_max = waited.max();
    if (report.produced != report.consumed + report.left) {
      return fail(Errc::internal, "{} jobs produced, {} consumed, {} left in the queue", report.produced,
                  report.consumed, report.left);
    }
    // If all jobs from 1 to `jobs` are done and one of them twice, the sum of their numbers is off.
    if (report.left == 0 && options_.jobs > 0 && report.produced == options_.jobs &&
        number_sum != options_.jobs * (options_.jobs + 1) / 2) {
      return fail(Errc::internal, "a job was consumed twice");
    }
    return report;
  }

  struct alignas(64) ThreadStats {
    std::uint64_t jobs = 0, number_sum = 0;
    DurationHistogram waited;
  };

  const ProdconOptions& options_;
  const ProdconHooks& hooks_;
  BoundedQueue<Job> queue_;
  DepthRecorder depths_;
  std::vector<ThreadStats> producers_, consumers_;
  std::atomic<std::uint64_t> next_job_{1};
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool ending_ = false, aborted_ = false;
  int producers_done_ = 0;
  ProdconReport::End reason_ = ProdconReport::End::jobs;
};

}  // namespace

Result<ProdconReport> run_prodcon(const ProdconOptions& options, const ProdconHooks& hooks, std::stop_token stop) {
  return ProducerConsumer(options, hooks).run(stop);
}

}  // namespace ece465::labs
