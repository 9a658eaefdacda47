#pragma once

#include "common/command.hpp"
#include "common/console.hpp"

/// One function per command: `setup_x` adds it to the program, with an Action that calls a `run_x`. That takes a struct
/// of options, so that tests need no command line. A new command is a folder, a line here and one in app.cpp.

namespace ece465::cli {

void setup_equalize(Command& program);
void setup_histogram(Command& program);
void setup_master(Command& program);
void setup_worker(Command& program);
void setup_submit(Command& program);
void setup_status(Command& program);
void setup_health(Command& program);
void setup_dine(Command& program);
void setup_serve(Command& program);
void setup_client(Command& program);
void setup_prodcon(Command& program);
void setup_mapreduce(Command& program);
void setup_marshal(Command& program);
void setup_completion(Command& program);
void setup_version(Command& program);
void setup_man(Command& program);

}  // namespace ece465::cli
