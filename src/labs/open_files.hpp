#pragma once

#include <cstdint>

#include "ece465/base/result.hpp"

namespace ece465::labs {

/// Lets this process have `count` files open, as far as the system allows it to raise its own limit. Fails with
/// `usage`: "a process may have only 1024 files open here, and 20064 are needed; raise it by 'ulimit -n'".
[[nodiscard]] Result<void> allow_open_files(std::uint64_t count);

}  // namespace ece465::labs
