#include "wait_for_graph.hpp"

#include <algorithm>

namespace ece465::labs {
namespace {

/// A cycle in a graph where each node has at most one edge (`next`; -1: none).
std::optional<std::vector<int>> cycle_in(const std::vector<int>& next) {
  enum class Mark : std::uint8_t { unvisited, on_path, done };
  std::vector<Mark> marks(next.size(), Mark::unvisited);
  for (int start = 0; start < static_cast<int>(next.size()); ++start) {
    std::vector<int> path;
    int at = start;
    while (at >= 0 && marks[static_cast<std::size_t>(at)] == Mark::unvisited) {
      marks[static_cast<std::size_t>(at)] = Mark::on_path;
      path.push_back(at);
      at = next[static_cast<std::size_t>(at)];
    }
    if (at >= 0 && marks[static_cast<std::size_t>(at)] == Mark::on_path) {
      path.erase(path.begin(), std::ranges::find(path, at));
      std::ranges::rotate(path, std::ranges::min_element(path));
      return path;
    }
    for (const int i : path) marks[static_cast<std::size_t>(i)] = Mark::done;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<int>> WaitForGraph::find_cycle(const TableWatch& table) {
  std::vector<int> next(wants_.size(), -1);
  for (std::size_t i = 0; i < last_.size(); ++i) {
    if (last_[i].packed != 0 && wants_[i].packed.load() == last_[i].packed) next[i] = last_[i].holder;
  }
  auto cycle = cycle_in(next);
  last_.resize(wants_.size());
  for (std::size_t i = 0; i < wants_.size(); ++i) last_[i].packed = wants_[i].packed.load();
  for (Reading& reading : last_) {
    const auto fork = static_cast<int>(reading.packed & 0xFFFFU) - 1;
    reading.holder = fork < 0 ? -1 : table.holder(fork);
  }
  return cycle;
}

}  // namespace ece465::labs
