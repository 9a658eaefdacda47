#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ece465/image/histogram.hpp"
#include "scenario.hpp"

/// Pixels for virtual jobs. Few, but each is counted and mapped, so a strip that is merged twice, not at all or in the
/// wrong place changes the result.

namespace ece465::simulate {

using Samples = std::vector<std::uint16_t>;

class VirtualImage {
 public:
  VirtualImage(const JobPlan& plan, std::uint64_t seed);

  [[nodiscard]] unsigned bits() const { return bits_; }
  [[nodiscard]] const std::shared_ptr<const Samples>& strip(std::uint32_t index) const { return strips_[index]; }
  [[nodiscard]] std::size_t strip_count() const { return strips_.size(); }
  /// The expected result: the histogram of all strips, and their samples after equalization.
  [[nodiscard]] image::Histogram histogram() const;
  [[nodiscard]] std::vector<Samples> equalized() const;

 private:
  unsigned bits_;
  std::vector<std::shared_ptr<const Samples>> strips_;
};

[[nodiscard]] image::Histogram count(const Samples& samples, unsigned bits);
[[nodiscard]] Samples map(const Samples& samples, const image::Table& table);

/// The content of a worker's answer.
struct Result {
  std::optional<image::Histogram> histogram;  ///< of a map attempt
  Samples samples;                            ///< of an apply attempt
  std::uint64_t checksum = 0;
};
[[nodiscard]] std::uint64_t checksum(const Result& result);
/// Whether a result can be correct: right phase, checksum, and size or sum. Wrong but plausible answers pass, see
/// src/mapreduce/README.md.
[[nodiscard]] bool plausible(const Result& result, mapreduce::Phase phase, std::size_t samples);
/// Damages a result in one of the ways that `plausible` detects.
void invalidate(Result& result, std::uint64_t how);

}  // namespace ece465::simulate
