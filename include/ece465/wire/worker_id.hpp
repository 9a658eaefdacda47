#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ece465/base/limits.hpp"
#include "ece465/base/result.hpp"

namespace ece465::wire {

/// Checks that an id is like a host name, because ids end up in file names, log lines and web pages: letters, digits,
/// '-', '.' and '_' (which host names must not contain, but often do), starting with a letter or digit. Fails with
/// `bad_input`.
[[nodiscard]] Result<void> check_worker_id(std::string_view id, const WireLimits& limits);

/// The default id of a worker: `<host>-<pid>`, so that several on one host differ. Invalid characters become '-'; an
/// empty host becomes "worker".
[[nodiscard]] std::string make_worker_id(std::string_view host, std::uint64_t process_id);

}  // namespace ece465::wire
