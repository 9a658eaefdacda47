#pragma once

#include <exception>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ece465/base/result.hpp"

namespace ece465 {

/// Calls `f`, which returns a `Result`, and turns exceptions, which only libraries throw, into errors: std::bad_alloc
/// into `too_large` with the message `out_of_memory`, others into `internal`. For threads, where an exception would end
/// the process.
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
