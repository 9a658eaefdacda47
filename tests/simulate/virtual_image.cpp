#include "virtual_image.hpp"

#include <algorithm>

#include "random.hpp"

namespace ece465::simulate {

VirtualImage::VirtualImage(const JobPlan& plan, std::uint64_t seed) : bits_(plan.bits) {
  Random random(seed);
  const std::uint64_t low = random.between(0, bits_ == 8 ? 150 : 40000);
  for (std::size_t i = 0; i < plan.strip_bytes.size(); ++i) {
    Samples samples(plan.samples_per_strip);
    for (auto& sample : samples) sample = static_cast<std::uint16_t>(low + random.between(0, 90));
    strips_.push_back(std::make_shared<const Samples>(std::move(samples)));
  }
}

image::Histogram VirtualImage::histogram() const {
  image::Histogram all(bits_);
  for (const auto& strip : strips_) {
    for (const auto sample : *strip) ++all.counts()[sample];
  }
  return all;
}

std::vector<Samples> VirtualImage::equalized() const {
  const auto table = image::equalization_table(histogram());
  std::vector<Samples> result;
  for (const auto& strip : strips_) result.push_back(map(*strip, table));
  return result;
}

image::Histogram count(const Samples& samples, unsigned bits) {
  image::Histogram histogram(bits);
  for (const auto sample : samples) ++histogram.counts()[sample];
  return histogram;
}

Samples map(const Samples& samples, const image::Table& table) {
  Samples mapped(samples.size());
  std::ranges::transform(samples, mapped.begin(), [&table](std::uint16_t sample) { return table[sample]; });
  return mapped;
}

std::uint64_t checksum(const Result& result) {
  std::uint64_t sum = 0xCBF29CE484222325U;  // FNV-1a over numbers instead of bytes
  const auto add = [&sum](std::uint64_t value) { sum = (sum ^ value) * 0x100000001B3U; };
  if (result.histogram) {
    const auto counts = result.histogram->counts();
    for (std::size_t level = 0; level < counts.size(); ++level) {
      if (counts[level] == 0) continue;
      add(level);
      add(counts[level]);
    }
  }
  for (const auto sample : result.samples) add(sample);
  return sum;
}

bool plausible(const Result& result, mapreduce::Phase phase, std::size_t samples) {
  if (result.checksum != checksum(result)) return false;
  if (phase == mapreduce::Phase::apply) return !result.histogram && result.samples.size() == samples;
  return result.histogram && result.samples.empty() && result.histogram->total() == samples;
}

void invalidate(Result& result, std::uint64_t how) {
  if (how % 3 == 0) {  // wrong sum or size, valid checksum
    if (result.histogram) {
      ++result.histogram->counts()[7];
    } else {
      result.samples.push_back(7);
    }
    result.checksum = checksum(result);
  } else if (how % 3 == 1) {  // damaged in transit
    result.checksum ^= 1;
  } else {  // the answer to another request
    if (result.histogram) {
      result = {.histogram = std::nullopt, .samples = {1, 2, 3}, .checksum = 0};
    } else {
      result = {.histogram = image::Histogram(8), .samples = {}, .checksum = 0};
    }
    result.checksum = checksum(result);
  }
}

}  // namespace ece465::simulate
