#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ece465/image/histogram.hpp"
#include "scenario.hpp"

/// Real pixels for virtual jobs: few, but every one is counted and mapped, so that a strip merged twice, not at all
/// or in the wrong place shows in the result.

namespace ece465::simulate {

using Samples = std::vector<std::uint16_t>;

class Picture {
 public:
  Picture(const JobPlan& plan, std::uint64_t seed);

  [[nodiscard]] unsigned bits() const { return bits_; }
  [[nodiscard]] const std::shared_ptr<const Samples>& strip(std::uint32_t index) const { return strips_[index]; }
  [[nodiscard]] std::size_t strip_count() const { return strips_.size(); }
  /// What one machine alone makes of it: the histogram of all strips, and their samples after equalization.
  [[nodiscard]] image::Histogram histogram() const;
  [[nodiscard]] std::vector<Samples> equalized() const;

 private:
  unsigned bits_;
  std::vector<std::shared_ptr<const Samples>> strips_;
};

[[nodiscard]] image::Histogram count(const Samples& samples, unsigned bits);
[[nodiscard]] Samples map(const Samples& samples, const image::Table& table);

/// A worker's answer, as it would travel.
struct Result {
  std::optional<image::Histogram> histogram;  ///< of a map attempt
  Samples samples;                            ///< of an apply attempt
  std::uint64_t checksum = 0;
};
[[nodiscard]] std::uint64_t checksum(const Result& result);
/// Whether a result can be right: of the phase that was asked for, sound, and of the right size or sum. A worker can
/// still make things up that pass; that needs a second opinion, see src/mapreduce/README.md.
[[nodiscard]] bool plausible(const Result& result, mapreduce::Phase phase, std::size_t samples);
/// Spoils a result in one of the ways that `plausible` finds.
void spoil(Result& result, std::uint64_t how);

}  // namespace ece465::simulate
