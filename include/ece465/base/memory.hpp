#pragma once

namespace ece465 {

/// Returns freed memory to the system, which glibc otherwise keeps: for a process that goes idle after work that took
/// much memory. Takes milliseconds; can be called on any thread. Does nothing with other C libraries.
void trim_heap();

/// Makes this process keep freed memory for later use, in blocks of up to 32 MiB, and 4 MiB at the end of each thread's
/// heap: every megabyte that comes fresh from the system costs 256 page faults. `trim_heap` cannot free the ends of
/// other threads' heaps. Call it while there is one thread. Does nothing with other C libraries.
void keep_freed_memory();

}  // namespace ece465
