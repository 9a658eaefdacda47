#pragma once

namespace ece465 {

/// Gives memory that was freed back to the system, as far as the C library can and keeps it: after work that took much,
/// a process that idles would hold on to it. Takes milliseconds; from any thread. Elsewhere it does nothing.
void trim_heap();

/// Lets this process keep the memory that it frees, pieces of up to 32 MiB and 4 MiB at the end of each thread's heap,
/// for what it needs next: a megabyte that comes from the system costs 256 page faults each time. `trim_heap`
/// cannot reach the ends of other threads' heaps, so that they stay. To be called while there is one thread. Elsewhere
/// it does nothing.
void keep_freed_memory();

}  // namespace ece465
