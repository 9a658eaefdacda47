#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <stop_token>
#include <thread>

#include "ece465/cli/app.hpp"

/// Signals become one stop request; nothing else happens here.
int main(int argc, char** argv) {
  try {
    std::stop_source stop;
    return ece465::cli::run(argc, argv, stop.get_token());
  } catch (const std::bad_alloc&) {
    std::fputs("ece465: out of memory\n", stderr);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ece465: %s\n", e.what());
  }
  return 1;
}
