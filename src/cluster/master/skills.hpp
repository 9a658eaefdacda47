#pragma once

#include "ece465/mapreduce/types.hpp"

namespace ece465::cluster {

/// What the bits of `mapreduce::Skills` mean here.
inline constexpr mapreduce::Skills kSixteenBits = 1;  ///< samples of 16 bits: ECE465/2 only

}  // namespace ece465::cluster
