#pragma once

#include <string_view>
#include <vector>

#include "ece465/base/result.hpp"

/// The inner loops exist once per instruction set. The best that this CPU supports is used unless the user chooses
/// another, to measure it or to rule it out.

namespace ece465::image {

/// The instruction sets available on this CPU, best first, as named for `choose_kernels`. The last is always "scalar":
/// plain C++, the definition that the others are tested against.
[[nodiscard]] std::vector<std::string_view> kernel_names();

/// Makes later calls use the kernels called `name`. Results do not depend on it. Must not be called while images are
/// being processed. Fails with `usage` if this CPU or this build does not have these kernels.
[[nodiscard]] Result<void> choose_kernels(std::string_view name);

/// The name of the kernels in use.
[[nodiscard]] std::string_view chosen_kernels();

}  // namespace ece465::image
