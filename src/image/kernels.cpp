#include "kernels.hpp"

namespace ece465::image::kernels {
namespace {

template <class T>
void count_all(std::span<const T> samples, std::span<std::uint64_t> counts) {
  for (const T sample : samples) ++counts[sample];
}

template <class T>
void map_all(std::span<T> samples, std::span<const T> table) {
  for (T& sample : samples) sample = table[sample];
}

}  // namespace

void count(std::span<const std::uint8_t> samples, std::span<std::uint64_t> counts) { count_all(samples, counts); }
void count(std::span<const std::uint16_t> samples, std::span<std::uint64_t> counts) { count_all(samples, counts); }
void map(std::span<std::uint8_t> samples, std::span<const std::uint8_t> table) { map_all(samples, table); }
void map(std::span<std::uint16_t> samples, std::span<const std::uint16_t> table) { map_all(samples, table); }

}  // namespace ece465::image::kernels
