#pragma once

namespace ece465 {

/// How many threads this process can run in parallel: the processors it may use (affinity), limited by its CPU quota
/// (cgroup v2, as set for containers); at least 1.
[[nodiscard]] unsigned usable_cpus();

}  // namespace ece465
