#pragma once

namespace ece465 {

/// How many threads this process can really run at once: the processors it may use (affinity, taskset) cut
/// down to its share of them (a container's CPU limit, cgroup v2), at least 1.
[[nodiscard]] unsigned usable_cpus();

}  // namespace ece465
