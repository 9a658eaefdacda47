#pragma once

#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// The inner loops exist once per instruction set; the best one that this CPU has is used unless a person
/// chooses another, to measure or to rule one out.

namespace ece465::image {

/// The instruction sets to choose from on this CPU, best first, in the names that `choose_kernels` takes. The
/// last is always "scalar": plain C++, the definition that the others are tested against.
[[nodiscard]] std::vector<std::string_view> kernel_names();

/// Makes every later count and map use the kernels called `name`. Results do not depend on it. Not while
/// images are being worked on. Fails with `usage` when this CPU or this program has no such kernels.
[[nodiscard]] Result<void> choose_kernels(std::string_view name);

/// The name of the kernels in use.
[[nodiscard]] std::string_view chosen_kernels();

}  // namespace ece465::image
