#pragma once

#include <exception>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ece465/base/result.hpp"

namespace ece465 {

/// Runs `f`, which returns a `Result`, and turns exceptions of the standard library and of others into errors: a failed
/// allocation is `too_large` with the message `out_of_memory`, anything else is `internal`.
template <class F>
[[nodiscard]] std::invoke_result_t<F> guarded(F&& f, std::string_view out_of_memory = "out of memory") {
  try {
    return std::forward<F>(f)();
  } catch (const std::bad_alloc&) {
    return fail(Errc::too_large, "{}", out_of_memory);
  } catch (const std::exception& e) {
    return fail(Errc::internal, "{}", e.what());
  }
}

}  // namespace ece465
