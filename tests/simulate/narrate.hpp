#pragma once

#include <string>

#include "ece465/mapreduce/scheduler.hpp"

namespace ece465::simulate {

/// One line for people.
[[nodiscard]] std::string narrate(const mapreduce::Event& event);
[[nodiscard]] std::string narrate(const mapreduce::Action& action);

}  // namespace ece465::simulate
