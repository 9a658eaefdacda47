#pragma once

#include "ece465/mapreduce/types.hpp"
#include "ece465/text/tally.hpp"

namespace ece465::cluster {

/// The bits of `mapreduce::Capabilities`.
inline constexpr mapreduce::Capabilities kSixteenBits = 1;  ///< samples of 16 bits: ECE465/2 only
/// A kind of MAP that the worker offered when it registered.
[[nodiscard]] constexpr mapreduce::Capabilities capability_of(text::Kind kind) {
  return mapreduce::Capabilities{2} << static_cast<unsigned>(kind);
}

}  // namespace ece465::cluster
