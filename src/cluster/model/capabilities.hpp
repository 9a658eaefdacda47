#pragma once

#include "ece465/mapreduce/types.hpp"
#include "ece465/text/tally.hpp"

namespace ece465::cluster {

/// What the bits of `mapreduce::Skills` mean here.
inline constexpr mapreduce::Skills kSixteenBits = 1;  ///< samples of 16 bits: ECE465/2 only
/// A kind of MAP: those that the worker named in its REGISTER.
[[nodiscard]] constexpr mapreduce::Skills skill_of(text::Kind kind) {
  return mapreduce::Skills{2} << static_cast<unsigned>(kind);
}

}  // namespace ece465::cluster
