#pragma once

#include <string>

#include "ece465/mapreduce/scheduler.hpp"

namespace ece465::simulate {

/// One line of text for logs.
[[nodiscard]] std::string describe(mapreduce::TaskId task);
[[nodiscard]] std::string describe(const mapreduce::Event& event);
[[nodiscard]] std::string describe(const mapreduce::Action& action);

}  // namespace ece465::simulate
