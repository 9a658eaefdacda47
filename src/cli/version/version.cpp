#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "common/console.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "ece465/image/kernel_choice.hpp"
#include "ece465/image/versions.hpp"

namespace ece465::cli {
namespace {

std::vector<std::pair<std::string, std::string>> versions() {
  auto all = image::library_versions();
  all.emplace_back("CLI11", parser_version());
  all.emplace_back("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  all.emplace_back("nlohmann-json", json_library_version());
  all.emplace_back("yaml-cpp", ECE465_YAML_CPP_VERSION);
  return all;
}

int run_version(bool json, Console& console) {
  if (json) {
    Json libraries(std::initializer_list<Json::Member>{});
    for (const auto& [name, version] : versions()) libraries.add(name, version);
    const Json object{{"ece465", ECE465_VERSION},
                      {"compiler", __VERSION__},
                      {"kernel", image::chosen_kernels()},
                      {"libraries", libraries}};
    console.print(object.pretty() + "\n");
    return kExitOk;
  }
  std::string text = "ece465 " ECE465_VERSION "\n";
  for (const auto& [name, version] : versions()) text += fmt::format("  {:<14} {}\n", name, version);
  text += fmt::format("  {:<14} {}\n", "compiler", __VERSION__);
  text +=
      fmt::format("  {:<14} {} (of {})\n", "kernel", image::chosen_kernels(), fmt::join(image::kernel_names(), ", "));
  console.print(text);
  return kExitOk;
}

}  // namespace

void setup_version(Command& program) {
  const auto json = std::make_shared<bool>(false);
  Command& command =
      program.add_command("version", "Show the versions of the program and its libraries",
                          [json](Console& console, const std::stop_token&) { return run_version(*json, console); });
  command.current_group = "Output";
  add_switch(command, "--json", *json, "Print one JSON object");
}

}  // namespace ece465::cli
