#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "ece465/image/kernel_choice.hpp"
#include "ece465/image/versions.hpp"
#include "common/options.hpp"

namespace ece465::cli {
namespace {

std::vector<std::pair<std::string, std::string>> versions() {
  auto all = image::library_versions();
  all.emplace_back("CLI11", CLI11_VERSION);
  all.emplace_back("fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100));
  all.emplace_back("nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                                NLOHMANN_JSON_VERSION_PATCH));
  all.emplace_back("yaml-cpp", ECE465_YAML_CPP_VERSION);
  return all;
}

int run_version(bool json, Console& console) {
  if (json) {
    nlohmann::ordered_json object{
        {"ece465", ECE465_VERSION}, {"compiler", __VERSION__}, {"kernel", image::chosen_kernels()}};
    for (const auto& [name, version] : versions()) object["libraries"][name] = version;
    console.print(object.dump(2) + "\n");
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

void setup_version(CLI::App& app, Action& chosen) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command =
      add_command(app, "version", "Show the versions of the program and its libraries", chosen,
                  [json](Console& console, const std::stop_token&) { return run_version(*json, console); });
  add_switch(*command, "--json", *json, "One JSON object")->group("Output");
}

}  // namespace ece465::cli
