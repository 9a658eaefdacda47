#include "ece465/cli/app.hpp"

#include <fmt/core.h>

#include <cstdlib>

#include "commands.hpp"
#include "ece465/image/kernel_choice.hpp"

namespace ece465::cli {
namespace {

/// ECE465_KERNEL names the instruction set to use instead of the best: to measure, or to rule one out. A wrong
/// name is a usage error rather than a silent fallback, which would spoil the measurement.
Result<void> choose_kernels_by_environment() {
  const char* const name = std::getenv("ECE465_KERNEL");
  if (name == nullptr || *name == '\0') return {};
  if (auto chosen = image::choose_kernels(name); !chosen) return within("ECE465_KERNEL", std::move(chosen).error());
  return {};
}

}  // namespace

int exit_code(Errc code) {
  switch (code) {
    case Errc::usage: return 2;
    case Errc::bad_input:
    case Errc::unsupported:
    case Errc::too_large:
    case Errc::corrupt: return 3;
    case Errc::timeout:
    case Errc::unavailable: return 4;
    case Errc::cancelled: return 130;
    case Errc::io:
    case Errc::internal: return 1;
  }
  return 1;
}

int run(int argc, const char* const* argv, std::stop_token stop) {
  CLI::App app("A distributed-systems course made real, around a distributed image processor", "ece465");
  app.set_version_flag("--version", "ece465 " ECE465_VERSION);
  app.require_subcommand(1);
  Action chosen;
  setup_equalize(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (const auto kernels = choose_kernels_by_environment(); !kernels) {
    fmt::print(stderr, "ece465: {}\n", kernels.error().what);
    return exit_code(kernels.error().code);
  }
  return chosen(std::move(stop));
}

}  // namespace ece465::cli
