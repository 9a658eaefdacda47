#include "ece465/labs/prodcon.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "bounded_queue.hpp"
#include "ece465/base/seconds.hpp"
#include "random.hpp"
#include "time_counts.hpp"

namespace ece465::labs {
namespace {

using Clock = std::chrono::steady_clock;

struct Job {
  std::uint64_t number = 0;
  Clock::time_point made;
};

/// How full the queue was, over time. Told under the queue's lock, so that changes come in order.
class DepthLog {
 public:
  explicit DepthLog(std::size_t capacity) : capacity_(capacity) {}

  void begin(Clock::time_point at) { start_ = last_ = at; }
  void changed(std::size_t depth) {
    const auto now = Clock::now();
    account(now);
    depth_ = depth;
    most_ = std::max(most_, depth);
    if (++changes_ % step_ != 0) return;
    kept_.push_back({now - start_, depth});
    if (kept_.size() < kMostKept) return;
    // Every second of them goes, and of those to come.
    std::size_t to = 0;
    for (std::size_t from = 1; from < kept_.size(); from += 2) kept_[to++] = kept_[from];
    kept_.resize(to);
    step_ *= 2;
  }
  void report(ProdconReport& into, Clock::time_point end) {
    account(end);
    const double whole = std::max(1e-9, seconds(end - start_));
    into.mean_depth = weighted_ / whole;
    into.full_fraction = full_ / whole;
    into.empty_fraction = empty_ / whole;
    into.most_depth = most_;
    into.depths = kept_;
  }

 private:
  static constexpr std::size_t kMostKept = 4096;

  void account(Clock::time_point now) {
    const double elapsed = seconds(now - last_);
    weighted_ += elapsed * static_cast<double>(depth_);
    if (depth_ >= capacity_) full_ += elapsed;
    if (depth_ == 0) empty_ += elapsed;
    last_ = now;
  }

  std::size_t capacity_;
  Clock::time_point start_, last_;
  std::size_t depth_ = 0, most_ = 0;
  double weighted_ = 0, full_ = 0, empty_ = 0;
  std::uint64_t changes_ = 0, step_ = 1;
  std::vector<QueueDepth> kept_;
};

class Workshop {
 public:
  Workshop(const ProdconOptions& options, const ProdconHooks& hooks)
      : options_(options), hooks_(hooks), queue_(options.capacity), depths_(options.capacity) {}

  Result<ProdconReport> run(const std::stop_token& stop) {
    const auto start = Clock::now();
    depths_.begin(start);
    made_.resize(static_cast<std::size_t>(options_.producers));
    done_.resize(static_cast<std::size_t>(options_.consumers));
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
        if (!woken_.wait_for(lock, options_.duration, [this] { return ending_ || producing_over(); })) {
          lock.unlock();
          end(ProdconReport::End::duration, false);
        }
      }
      for (auto& thread : producers) thread.join();
      // All is made: what is queued is done, unless somebody is in a hurry.
      queue_.close(false);
      for (auto& thread : consumers) thread.join();
    }
    if (!failed.empty()) return fail(Errc::io, "cannot start a thread: {}", failed);
    return report(start);
  }

 private:
  void end(ProdconReport::End why, bool at_once) {
    {
      const std::scoped_lock lock(mutex_);
      if (!ending_) why_ = why;
      if (at_once) why_ = why;
      ending_ = true;
      at_once_ = at_once_ || at_once;
    }
    woken_.notify_all();
    queue_.close(at_once);
  }
  [[nodiscard]] bool producing_over() const { return producers_done_ == options_.producers; }

  /// Sleeps; false: it is over, for producers at the end, for consumers when there is a hurry.
  bool rest(std::chrono::nanoseconds time, bool only_hurry) {
    std::unique_lock lock(mutex_);
    const auto over = [&] { return only_hurry ? at_once_ : ending_; };
    if (time.count() <= 0) return !over();
    return !woken_.wait_for(lock, time, over);
  }

  void produce(int i) {
    Random random(options_.seed, static_cast<std::uint64_t>(i));
    while (rest(random.between(options_.produce.least, options_.produce.most), false)) {
      const std::uint64_t number = next_job_.fetch_add(1);
      if (options_.jobs > 0 && number > options_.jobs) break;
      if (hooks_.say) {
        const std::string who = options_.producers == 1 ? "Producer" : fmt::format("Producer {}", i);
        hooks_.say(fmt::format("[{}] Generating Job {}", who, number));
      }
      if (!queue_.put({number, Clock::now()}, [this](std::size_t depth) { depths_.changed(depth); })) break;
      ++made_[static_cast<std::size_t>(i)].count;
    }
    {
      const std::scoped_lock lock(mutex_);
      ++producers_done_;
    }
    woken_.notify_all();
  }

  void consume(int i) {
    Random random(options_.seed, 1'000'000 + static_cast<std::uint64_t>(i));
    Own& own = done_[static_cast<std::size_t>(i)];
    while (const auto job = queue_.take([this](std::size_t depth) { depths_.changed(depth); })) {
      own.waited.add(Clock::now() - job->made);
      if (hooks_.say) hooks_.say(fmt::format("[Consumer {}] Processing Job {}", i, job->number));
      (void)rest(random.between(options_.consume.least, options_.consume.most), true);
      ++own.count;
      own.numbers += job->number;
    }
  }

  Result<ProdconReport> report(Clock::time_point start) {
    const auto now = Clock::now();
    ProdconReport report;
    report.end = why_;
    report.elapsed = now - start;
    depths_.report(report, now);
    TimeCounts waited;
    for (const Own& own : made_) {
      report.produced += own.count;
      report.by_producer.push_back(own.count);
    }
    for (const Own& own : done_) {
      report.consumed += own.count;
      report.by_consumer.push_back(own.count);
      waited.add(own.waited);
    }
    report.left = queue_.size();
    report.waited_median = waited.percentile(0.5);
    report.waited_p99 = waited.percentile(0.99);
    report.waited_max = waited.most();
    if (report.produced != report.consumed + report.left) {
      return fail(Errc::internal, "{} jobs were made, {} done, and {} are left", report.produced, report.consumed,
                  report.left);
    }
    if (report.left == 0 && options_.jobs > 0 && report.produced == options_.jobs) {
      std::uint64_t numbers = 0;
      for (const Own& own : done_) numbers += own.numbers;
      if (numbers != options_.jobs * (options_.jobs + 1) / 2) return fail(Errc::internal, "a job was done twice");
    }
    return report;
  }

  /// One thread's.
  struct alignas(64) Own {
    std::uint64_t count = 0, numbers = 0;
    TimeCounts waited;
  };

  const ProdconOptions& options_;
  const ProdconHooks& hooks_;
  BoundedQueue<Job> queue_;
  DepthLog depths_;
  std::vector<Own> made_, done_;
  std::atomic<std::uint64_t> next_job_{1};
  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  bool ending_ = false, at_once_ = false;
  int producers_done_ = 0;
  ProdconReport::End why_ = ProdconReport::End::jobs;
};

}  // namespace

Result<ProdconReport> run_prodcon(const ProdconOptions& options, const ProdconHooks& hooks, std::stop_token stop) {
  return Workshop(options, hooks).run(stop);
}

}  // namespace ece465::labs
