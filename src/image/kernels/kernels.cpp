#include "kernels.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <map>
#include <string>

#include "ece465/image/kernel_choice.hpp"
#include "scalar.hpp"

namespace ece465::image {
namespace kernels {
namespace {

/// Set by `choose_kernels`; null means the best.
std::atomic<const Kernels*> g_chosen{nullptr};

Kernels scalar_kernels() {
  using std::uint16_t, std::uint8_t;
  return {.name = "scalar",
          .bytes = {scalar::map<uint8_t>, scalar::luma<uint8_t>, scalar::shift_luma<uint8_t>, scalar::shift_to<uint8_t>,
                    scalar::split<uint8_t>, scalar::pick_colors<uint8_t>},
          .words = {scalar::map<uint16_t>, scalar::luma<uint16_t>, scalar::shift_luma<uint16_t>,
                    scalar::shift_to<uint16_t>, scalar::split<uint16_t>, scalar::pick_colors<uint16_t>},
          .narrow = scalar::narrow,
          .swap_bytes = scalar::swap_bytes};
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](unsigned char c) { return std::tolower(c); }, [](unsigned char c) { return std::tolower(c); });
}

}  // namespace

const std::vector<Kernels>& available() {
  static const std::vector<Kernels> all = [] {
    std::vector<Kernels> list = vector_kernels();
    list.push_back(scalar_kernels());
    return list;
  }();
  return all;
}

const Kernels& current() {
  const Kernels* const chosen = g_chosen.load(std::memory_order_relaxed);
  return chosen != nullptr ? *chosen : available().front();
}

}  // namespace kernels

std::vector<std::string_view> kernel_names() {
  std::vector<std::string_view> names;
  for (const auto& k : kernels::available()) names.push_back(k.name);
  return names;
}

Result<void> choose_kernels(std::string_view name) {
  for (const auto& k : kernels::available()) {
    if (kernels::same_name(k.name, name)) {
      kernels::g_chosen = &k;
      return {};
    }
  }
  std::string names;
  for (const auto n : kernel_names()) names += (names.empty() ? "" : ", ") + std::string(n);
  return fail(Errc::usage, "unknown kernels \"{}\"; this CPU supports: {}", name, names);
}

std::string_view chosen_kernels() { return kernels::current().name; }

}  // namespace ece465::image
