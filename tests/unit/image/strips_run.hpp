#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "ece465/image/page_strips.hpp"
#include "ece465/image/samples.hpp"

/// Images equalized by way of strips, as a master and its workers do it, on one thread and in whatever order.

namespace ece465::testing {

/// How strips are done.
struct StripsWay {
  image::PageStripsOptions options;
  int quality = 0;
  std::uint32_t seed = 1;  ///< of the order
  /// One strip in so many is done here instead of by workers; 0: none.
  std::size_t local = 0;
  /// Workers have kept the samples, so nothing is sent twice.
  bool workers_keep = false;
};

/// What became of an image, and how its last page was handled.
struct StripsRun {
  std::vector<std::byte> file;
  image::PageStrips::Residency residency = image::PageStrips::Residency::on_demand;
  image::PageStrips::WriteOrder order = image::PageStrips::WriteOrder::any;
  std::size_t strips = 0, planes = 0, views = 0;  ///< views: strips that needed no copy
  bool maps_remotely = false;
};

/// A worker's answers. Its memory begins at an odd address.
class StripWorker {
 public:
  StripWorker(Bytes samples, unsigned bits) : bits_(bits), memory_(samples.size() + 1) {
    std::ranges::copy(samples, memory_.begin() + 1);
  }
  std::vector<std::uint64_t> count() {
    std::vector<std::uint64_t> counts(std::size_t{1} << bits_);
    REQUIRE(image::count_samples(samples(), bits_, counts));
    return counts;
  }
  Bytes map(Bytes table) {
    REQUIRE(image::map_samples(samples(), bits_, table));
    return samples();
  }

 private:
  MutableBytes samples() { return MutableBytes(memory_).subspan(1); }

  unsigned bits_;
  std::vector<std::byte> memory_;
};

#define ECE465_REQUIRE_OK(expression)                   \
  do {                                                  \
    const auto& ok = (expression);                      \
    REQUIRE_MESSAGE(ok, (ok ? "" : ok.error().text())); \
  } while (false)

/// One page through its two halves.
class StripsPage {
 public:
  StripsPage(image::PageStrips& page, const StripsWay& way) : page_(page), way_(way), random_(way.seed) {}

  void count(StripsRun& run) {
    for (const std::size_t i : order(true)) {
      const auto& strip = page_.strips()[i];
      ECE465_REQUIRE_OK(page_.load(strip.group));
      if (is_local(i)) {
        std::vector<std::uint64_t> counts(std::size_t{1} << page_.bits());
        ECE465_REQUIRE_OK(page_.count_locally(i, counts));
        ECE465_REQUIRE_OK(page_.check_counts(i, counts));
        page_.add_counts(strip.plane, counts);
      } else {
        Buffer scratch;
        const auto samples = page_.gather(i, scratch);
        ECE465_REQUIRE_OK(samples);
        REQUIRE(samples->size() == strip.bytes);
        if (samples->data() != scratch.data()) ++run.views;
        StripWorker worker(*samples, page_.bits());
        const auto counts = worker.count();
        ECE465_REQUIRE_OK(page_.check_counts(i, counts));
        page_.add_counts(strip.plane, counts);
        if (way_.workers_keep && page_.maps_remotely()) workers_.emplace(i, std::move(worker));
      }
      page_.release(strip.group);
    }
  }

  void map() {
    for (const std::size_t i : order(page_.residency() == image::PageStrips::Residency::streamed)) {
      const std::size_t group = page_.strips()[i].group;
      if (const auto worker = workers_.find(i); worker != workers_.end()) {
        ECE465_REQUIRE_OK(page_.load_for_scatter(group));
        take_in(i, worker->second);
      } else {
        ECE465_REQUIRE_OK(page_.load(group));
        if (is_local(i) || !page_.maps_remotely()) {
          ECE465_REQUIRE_OK(page_.map_locally(i));
        } else {
          Buffer scratch;
          const auto samples = page_.gather(i, scratch);
          ECE465_REQUIRE_OK(samples);
          StripWorker again(*samples, page_.bits());
          take_in(i, again);
        }
      }
      page_.release(group);
    }
  }

  void write() {
    std::vector<std::size_t> groups(page_.groups());
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g] = g;
    if (page_.write_order() == image::PageStrips::WriteOrder::any) std::shuffle(groups.begin(), groups.end(), random_);
    for (const std::size_t g : groups) ECE465_REQUIRE_OK(page_.write(g));
    ECE465_REQUIRE_OK(page_.finish_write());
  }

 private:
  [[nodiscard]] bool is_local(std::size_t strip) const { return way_.local > 0 && strip % way_.local == 0; }

  /// Strips in random order; where the decoder goes forward only, by groups.
  std::vector<std::size_t> order(bool forward) {
    std::vector<std::size_t> strips(page_.strips().size());
    for (std::size_t i = 0; i < strips.size(); ++i) strips[i] = i;
    std::shuffle(strips.begin(), strips.end(), random_);
    if (forward && page_.loads_in_order()) {
      std::ranges::stable_sort(strips, {}, [&](std::size_t i) { return page_.strips()[i].group; });
    }
    return strips;
  }

  void take_in(std::size_t i, StripWorker& worker) {
    const Bytes mapped = worker.map(page_.wire_table(page_.strips()[i].plane));
    ECE465_REQUIRE_OK(page_.check_mapped(i, mapped));
    if (i % 2 == 0) {
      ECE465_REQUIRE_OK(page_.scatter(i, mapped));
    } else {
      Buffer buffer(mapped.size());
      std::ranges::copy(mapped, buffer.data());
      ECE465_REQUIRE_OK(page_.scatter_swap(i, buffer));
    }
  }

  image::PageStrips& page_;
  StripsWay way_;
  std::mt19937 random_;
  std::map<std::size_t, StripWorker> workers_;
};

inline StripsRun by_strips(Bytes input, image::Format output, const StripsWay& way) {
  StripsRun run;
  const auto source = borrow_memory("input", input);
  const auto format = image::format_of_content(input);
  REQUIRE(format);
  const auto reader = image::open_image(*source, image::strips_read_options(*format, output, way.options));
  ECE465_REQUIRE_OK(reader);
  MemorySink sink;
  image::WriteOptions write_options;
  write_options.quality = way.quality;
  const auto writer = image::create_image(output, **reader, sink, write_options);
  ECE465_REQUIRE_OK(writer);
  for (std::size_t p = 0; p < (*reader)->pages().size(); ++p) {
    const auto page = image::PageStrips::open(**reader, p, output, way.options);
    ECE465_REQUIRE_OK(page);
    run.residency = (*page)->residency();
    run.strips = (*page)->strips().size();
    run.planes = (*page)->planes();
    run.maps_remotely = (*page)->maps_remotely();
    StripsPage halves(**page, way);
    halves.count(run);
    ECE465_REQUIRE_OK((*page)->settle());
    ECE465_REQUIRE_OK((*page)->begin_write(**writer));
    run.order = (*page)->write_order();
    halves.map();
    halves.write();
  }
  ECE465_REQUIRE_OK((*writer)->finish());
  run.file = sink.bytes();
  return run;
}

/// What `equalize` makes of it.
inline std::vector<std::byte> by_equalize(Bytes input, image::Format output, const StripsWay& way) {
  const auto source = borrow_memory("input", input);
  image::EqualizeOptions options;
  options.channels = way.options.channels;
  options.quality = way.quality;
  MemorySink sink;
  const auto report = image::equalize(*source, sink, output, options);
  ECE465_REQUIRE_OK(report);
  return sink.bytes();
}

}  // namespace ece465::testing
