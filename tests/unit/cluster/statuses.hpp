#pragma once

#include "jobs/engine.hpp"

namespace ece465::cluster::testing {

/// A fixed time: 2026-11-25T15:27:20.123Z.
inline WallTime moment() { return WallTime(std::chrono::milliseconds(1'795'620'440'123)); }

/// A running job with every field set.
inline JobStatus busy_job() {
  using namespace std::chrono_literals;
  JobStatus job;
  job.number = JobNumber{3};
  job.request.file = "größe.tif";
  job.request.channels = image::Channels::each;
  job.request.quality = 90;
  job.result = "größe_equalized.tif";
  job.state = JobState::running;
  job.phase = JobPhase::apply;
  job.progress = 0.75;
  job.page = 1;
  job.image = ImageSummary{image::Format::tiff, 8000, 6000, 16, true, 2};
  job.created = moment();
  job.started = moment() + 10ms;
  job.read = 100ms;
  job.split = 1ms;
  job.map = 200ms;
  job.reduce = 3ms;
  job.apply = 50ms;
  job.stitch = 5ms;
  job.write = 70ms;
  job.pixels = 288'000'000;
  job.bytes_sent = 145'000'000;
  job.bytes_received = 72'000'000;
  job.bytes_spared = 140'000'000;
  job.map_sent = 144'000'000;
  job.map_received = 1'000'000;
  job.apply_sent = 1'000'000;
  job.apply_received = 71'000'000;
  job.strips = 275;
  job.map_done = 275;
  job.apply_done = 130;
  job.attempts = 410;
  job.retries = 4;
  job.duplicates = 1;
  job.stolen = 2;
  job.invalid_results = 1;
  job.shares["node-7"] = {200, 145'000'000};
  job.shares["master"] = {75, 0};
  job.notes = {"16 bits became 8, rounded"};
  return job;
}

/// The same job, failed.
inline JobStatus failed_job() {
  JobStatus job = busy_job();
  job.state = JobState::failed;
  job.phase = JobPhase::done;
  job.error = Error{Errc::corrupt, "strip 7 ends early", "größe.tif"};
  job.finished = moment() + std::chrono::seconds(2);
  return job;
}

/// Histograms and tables of an 8- or 16-bit page.
inline PageLevels some_levels(unsigned bits, std::size_t planes) {
  PageLevels levels;
  levels.bits = bits;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    image::Histogram histogram(bits);
    std::uint64_t value = 1;
    for (auto& count : histogram.counts()) {
      count = value % 5 == 0 ? 0 : value >> 40U;
      value = value * 6364136223846793005U + 1442695040888963407U + plane;
    }
    histogram.counts()[7] = ~std::uint64_t{0} >> 1U;
    levels.tables.push_back(image::equalization_table(histogram));
    levels.before.push_back(std::move(histogram));
  }
  return levels;
}

}  // namespace ece465::cluster::testing
