#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

namespace ece465::wire {

/// Checks a worker's id: what host names contain and nothing else. Letters, digits, '-', '.' and '_' (no host
/// name by the book, but many machines and containers are called so), the first one a letter or digit, since ids
/// end up in file names, log lines and pages. Fails with `bad_input`.
[[nodiscard]] Result<void> check_worker_id(std::string_view id, const WireLimits& limits);

/// The id a worker takes unless told: `<host>-<pid>`, so that several on one host differ. Whatever may not be in
/// an id becomes '-'; an empty host becomes "worker".
[[nodiscard]] std::string make_worker_id(std::string_view host, std::uint64_t process_id);

}  // namespace ece465::wire
