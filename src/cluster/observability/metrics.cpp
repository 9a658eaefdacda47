#include "observability/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "ece465/base/seconds.hpp"
#include "model/enum_names.hpp"

namespace ece465::cluster {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;

/// From a thumbnail to a satellite image.
const Histogram::BucketBoundaries kJobSeconds{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800};
/// From an answer out of memory to a large upload.
const Histogram::BucketBoundaries kRequestSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10};

/// A family with a single, unlabelled member.
Counter& counter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}
Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// The standard process metrics of Prometheus clients.
struct ProcessGauges {
  explicit ProcessGauges(Registry& registry)
      : resident(gauge(registry, "process_resident_memory_bytes", "Resident memory")),
        files(gauge(registry, "process_open_fds", "Open file descriptors")),
        processor(counter(registry, "process_cpu_seconds_total", "User and system time spent")) {}

  void update() {
    // Pages: all, resident, ...
    std::ifstream memory("/proc/self/statm");
    double all = 0, pages = 0;
    if (memory >> all >> pages) resident.Set(pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    std::error_code code;
    std::filesystem::directory_iterator descriptors("/proc/self/fd", code);
    if (!code)
      files.Set(
          static_cast<double>(std::distance(begin(descriptors), end(descriptors)) - 1));  // without the listing's own
    timespec spent{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) == 0) {
      const double total = static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
      processor.Increment(total - processor.Value());
    }
  }

  Gauge &resident, &files;
  Counter& processor;
};

/// "2xx": keeps the number of label values small.
std::string status_class(int status) { return std::string(1, static_cast<char>('0' + status / 100 % 10)) + "xx"; }

/// Clients choose the method, and labels need a bounded number of values.
std::string known_method(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}) {
    if (method == known) return std::string(known);
  }
  return "other";
}

}  // namespace

struct Metrics::Impl {
  Registry registry;
  Family<Counter>& jobs = prometheus::BuildCounter()
                              .Name("ece465_jobs_total")
                              .Help("Jobs that have ended, by final state")
                              .Register(registry);
  Histogram& job_seconds = prometheus::BuildHistogram()
                               .Name("ece465_job_duration_seconds")
                               .Help("From a job's acceptance to its end")
                               .Register(registry)
                               .Add({}, kJobSeconds);
  Family<Counter>& strips =
      prometheus::BuildCounter().Name("ece465_strips_total").Help("Strips merged, by phase").Register(registry);
  Counter& retries = counter(registry, "ece465_strip_retries_total", "Strips assigned again after a failure");
  Counter& duplicates =
      counter(registry, "ece465_strip_duplicates_total", "Answers that arrived second and were ignored");
  Counter& invalid_results = counter(registry, "ece465_strip_invalid_results_total", "Invalid answers of workers");
  Counter& lies = counter(registry, "ece465_strip_lies_total", "Deprecated: ece465_strip_invalid_results_total");
  Counter& sent = counter(registry, "ece465_worker_sent_bytes_total", "Bytes sent to workers");
  Counter& received = counter(registry, "ece465_worker_received_bytes_total", "Bytes received from workers");
  Counter& joined = counter(registry, "ece465_workers_joined_total", "Workers that registered");
  Family<Counter>& lost = prometheus::BuildCounter()
                              .Name("ece465_workers_lost_total")
                              .Help("Workers that disconnected, by reason")
                              .Register(registry);
  Counter& uploads = counter(registry, "ece465_uploads_total", "Files uploaded");
  Counter& uploaded = counter(registry, "ece465_uploaded_bytes_total", "Bytes of files uploaded");
  Family<Counter>& requests = prometheus::BuildCounter()
                                  .Name("ece465_http_requests_total")
                                  .Help("HTTP requests, by method and status class")
                                  .Register(registry);
  Histogram& request_seconds = prometheus::BuildHistogram()
                                   .Name("ece465_http_request_duration_seconds")
                                   .Help("From a request's header to the end of its response")
                                   .Register(registry)
                                   .Add({}, kRequestSeconds);
  Gauge& workers = gauge(registry, "ece465_workers", "Connected workers");
  Gauge& queued = gauge(registry, "ece465_jobs_queued", "Queued jobs");
  Gauge& running = gauge(registry, "ece465_jobs_running", "Running jobs");
  Gauge& connections = gauge(registry, "ece465_http_connections", "Open HTTP connections");
  Gauge& subscribers = gauge(registry, "ece465_event_viewers", "Subscribers of /api/v1/events");
  ProcessGauges process{registry};
};

Metrics::Metrics(std::string_view version) : impl_(std::make_unique<Impl>()) {
  prometheus::BuildGauge()
      .Name("ece465_build_info")
      .Help("Always 1; the label is the version")
      .Register(impl_->registry)
      .Add({{"version", std::string(version)}})
      .Set(1);
  // Exported as 0 from the start, so that rates do not miss the first event.
  for (const JobState state : {JobState::done, JobState::failed, JobState::cancelled}) {
    impl_->jobs.Add({{"state", std::string(state_name(state))}});
  }
  for (const char* const phase : {"map", "apply"}) impl_->strips.Add({{"phase", phase}});
}
Metrics::~Metrics() = default;

void Metrics::job_ended(JobState state, std::chrono::nanoseconds took) {
  impl_->jobs.Add({{"state", std::string(state_name(state))}}).Increment();
  impl_->job_seconds.Observe(seconds(took));
}
void Metrics::strips_done(mapreduce::Phase phase, std::uint64_t n) {
  const char* const name = phase == mapreduce::Phase::map ? "map" : "apply";
  impl_->strips.Add({{"phase", name}}).Increment(static_cast<double>(n));
}
void Metrics::strips_retried(std::uint64_t n) { impl_->retries.Increment(static_cast<double>(n)); }
void Metrics::strips_duplicated(std::uint64_t n) { impl_->duplicates.Increment(static_cast<double>(n)); }
void Metrics::invalid_results(std::uint64_t n) {
  impl_->invalid_results.Increment(static_cast<double>(n));
  impl_->lies.Increment(static_cast<double>(n));
}
void Metrics::bytes_sent(std::uint64_t n) { impl_->sent.Increment(static_cast<double>(n)); }
void Metrics::bytes_received(std::uint64_t n) { impl_->received.Increment(static_cast<double>(n)); }
void Metrics::worker_joined() { impl_->joined.Increment(); }
void Metrics::worker_lost(std::string_view reason) { impl_->lost.Add({{"reason", std::string(reason)}}).Increment(); }
void Metrics::uploaded(std::uint64_t bytes) {
  impl_->uploads.Increment();
  impl_->uploaded.Increment(static_cast<double>(bytes));
}
void Metrics::request(std::string_view method, int status, std::chrono::nanoseconds took) {
  impl_->requests.Add({{"method", known_method(method)}, {"status", status_class(status)}}).Increment();
  impl_->request_seconds.Observe(seconds(took));
}

std::string Metrics::text(const Now& now) {
  impl_->workers.Set(static_cast<double>(now.workers));
  impl_->queued.Set(static_cast<double>(now.jobs_queued));
  impl_->running.Set(static_cast<double>(now.jobs_running));
  impl_->connections.Set(static_cast<double>(now.http_connections));
  impl_->subscribers.Set(static_cast<double>(now.subscribers));
  impl_->process.update();
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, impl_->registry.Collect());
  return std::move(text).str();
}

}  // namespace ece465::cluster
