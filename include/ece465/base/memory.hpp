#pragma once

namespace ece465 {

/// Gives memory that was freed back to the system, as far as the C library can and keeps it: after work that took much,
/// a process that idles would hold on to it. Takes milliseconds; from any thread. Elsewhere it does nothing.
void give_memory_back();

}  // namespace ece465
