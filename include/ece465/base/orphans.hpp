#pragma once

namespace ece465 {

/// For commands that start no processes: lets processes go that have lost their parent and became this one's, as they
/// do where it is the first one of a container (a shell's leftovers, a probe's whose time was up). Nobody would wait
/// for them, and their entries would stay in the system's list. Does nothing anywhere else.
void let_orphans_go();

}  // namespace ece465
