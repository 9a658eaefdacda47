#include "ece465/cli/app.hpp"

#include "commands.hpp"

namespace ece465::cli {

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
  return chosen(std::move(stop));
}

}  // namespace ece465::cli
