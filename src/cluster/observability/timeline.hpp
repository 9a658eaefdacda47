#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ece465/mapreduce/types.hpp"
#include "model/job.hpp"

namespace ece465::cluster {

/// How much is told of a job's pages.
struct TimelineLimits {
  /// Of a page, and of a job. A strip is about a megabyte of pixels; only hostile files have many small ones.
  std::size_t strips = 10'000;
  std::size_t pages = 64;
  /// Things that happen on a page, a few to a strip; 20 bytes each.
  std::size_t entries = 50'000;
};

/// What happened to the strips of one page, in order: who got which, who answered, who was lost. People see MapReduce
/// happen by it (/api/v1/jobs/{id}/timeline). On the loop's thread.
///
/// It is bounded: of a page of very many strips the first ones are told of, up to a number of things that happened to
/// them, and then no more.
class Timeline {
 public:
  using Clock = std::chrono::steady_clock;

  enum class What : std::uint8_t {
    phase,    ///< the page enters a phase
    ready,    ///< strips below `strip` can be read
    sent,     ///< a strip is given to a worker
    done,     ///< its answer is the first good one, and is merged
    missed,   ///< an attempt came to nothing: lost, wrong, failed
    written,  ///< the strip is in the result
    gone,     ///< a worker that had a part in the page is no longer there
  };
  /// Why an attempt came to nothing.
  enum class Why : std::uint8_t { none, lost, lie, failed, not_kept };

  struct Entry {
    float seconds = 0;  ///< since the page began
    What what = What::phase;
    Why why = Why::none;
    JobPhase phase = JobPhase::queued;
    bool kept = false;  ///< sent: without its samples, which the worker has kept
    std::uint16_t worker = 0;
    std::uint32_t strip = 0;
  };
  struct Strip {
    std::uint32_t plane = 0, first_row = 0, rows = 0, first_column = 0, columns = 0;
    std::uint64_t bytes = 0;
  };

  explicit Timeline(std::vector<Strip> strips, const TimelineLimits& limits = {});

  void phase(JobPhase phase);
  void ready(std::uint32_t strips);
  void sent(mapreduce::AttemptId attempt, std::uint32_t strip, std::string_view worker, bool kept);
  void done(std::uint32_t strip, std::string_view worker);
  void missed(mapreduce::AttemptId attempt, Why why);
  void written(std::uint32_t strip);
  /// What the worker has not answered is missed, too.
  void gone(std::string_view worker);
  /// Nothing happens any more; `seconds` stands still.
  void end();

  [[nodiscard]] const std::vector<Strip>& strips() const { return strips_; }
  /// Those that are not told of included.
  [[nodiscard]] std::size_t strips_total() const { return strips_total_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::string& worker(const Entry& entry) const { return workers_[entry.worker]; }
  [[nodiscard]] double seconds() const;
  [[nodiscard]] bool ended() const { return ended_ >= 0; }
  /// Whether more has happened than is told of.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  void add(Entry entry);
  /// Whether this strip is told of.
  [[nodiscard]] bool knows(std::uint32_t strip) const { return strip < strips_.size(); }
  [[nodiscard]] std::uint16_t index_of(std::string_view worker);

  Clock::time_point began_ = Clock::now();
  std::vector<Strip> strips_;
  std::size_t strips_total_;
  std::size_t max_entries_;
  std::vector<Entry> entries_;
  std::vector<std::string> workers_;
  struct Open {
    mapreduce::AttemptId attempt;
    std::uint16_t worker = 0;
  };
  std::unordered_map<std::uint32_t, std::vector<Open>> open_;  // attempts that may still be answered, by strip
  JobPhase phase_ = JobPhase::queued;
  double ended_ = -1;
  bool cut_ = false;
};

/// The timelines of a job's pages; of a job of very many, those of the first.
class JobTimeline {
 public:
  explicit JobTimeline(const TimelineLimits& limits = {}) : limits_(limits) {}

  /// The timeline of a page that begins, shared with whoever is still looking when the job is forgotten.
  std::shared_ptr<Timeline> begin_page(std::size_t page, std::vector<Timeline::Strip> strips);
  /// A page's timeline; null before it begins, and of pages that nothing is kept of.
  [[nodiscard]] std::shared_ptr<const Timeline> page(std::size_t page) const;

 private:
  TimelineLimits limits_;
  std::vector<std::shared_ptr<Timeline>> pages_;
};

/// "phase", "ready", ...
[[nodiscard]] std::string_view event_name(Timeline::What what);
/// "lost", "lie", "failed", "not_kept"; "" for none.
[[nodiscard]] std::string_view failure_reason_name(Timeline::Why why);

}  // namespace ece465::cluster
