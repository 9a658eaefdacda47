#pragma once

namespace ece465::simulate {

/// Prints throughput against the number of workers, for several speeds of the master's link and of the work.
void print_curve();

}  // namespace ece465::simulate
