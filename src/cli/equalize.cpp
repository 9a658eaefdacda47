#include "ece465/image/equalize.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <memory>
#include <thread>

#include "commands.hpp"

namespace ece465::cli {
namespace {

struct EqualizeCommand {
  std::string input, output;
  bool force = false;
  image::EqualizeOptions options;
};

Result<void> run_equalize(const EqualizeCommand& command) {
  ECE465_ASSIGN(const auto source, open_file(command.input));
  const std::filesystem::path in(command.input);
  const std::filesystem::path out =
      command.output.empty() ? in.parent_path() / (in.stem().string() + "_equalized" + in.extension().string())
                             : std::filesystem::path(command.output);
  const auto format = image::format_of_name(out.string());
  if (!format) return fail(Errc::usage, "{}: unknown extension", out.string());
  using Existing = OutputFile::Existing;
  ECE465_ASSIGN(const auto sink, OutputFile::create(out, command.force ? Existing::replace : Existing::refuse));
  ECE465_TRY(image::equalize(*source, *sink, *format, command.options));
  ECE465_TRY(sink->commit());
  fmt::print("{}\n", out.string());
  return {};
}

}  // namespace

void setup_equalize(CLI::App& app, Action& chosen) {
  auto command = std::make_shared<EqualizeCommand>();
  auto* sub = app.add_subcommand("equalize", "Equalize the histogram of images on this machine");
  sub->add_option("input", command->input, "Image to equalize")->required();
  sub->add_option("-o,--output", command->output, "Where the result goes");
  sub->add_flag("--force", command->force, "Replace an existing output");
  const std::map<std::string, image::Channels> channels{
      {"luma", image::Channels::luma}, {"gray", image::Channels::gray}, {"each", image::Channels::each}};
  sub->add_option("--channels", command->options.channels, "luma, gray or each")
      ->transform(CLI::CheckedTransformer(channels));
  sub->add_option("--threads", command->options.threads, "Worker threads");
  sub->callback([command, &chosen] {
    chosen = [command](std::stop_token stop) {
      command->options.stop = std::move(stop);
      if (auto result = run_equalize(*command); !result) {
        fmt::print(stderr, "ece465: {}\n", result.error().what);
        return exit_code(result.error().code);
      }
      return 0;
    };
  });
}

}  // namespace ece465::cli
