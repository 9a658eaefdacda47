#include "ece465/labs/marshal.hpp"

#include <memory>

#include "commands.hpp"
#include "common/files.hpp"
#include "common/json.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "ece465/base/bytes.hpp"
#include "ece465/base/seconds.hpp"

namespace ece465::cli {
namespace {

struct MarshalCommand {
  std::string input;
  std::optional<labs::Format> format;  ///< unset: all
  bool json = false;
};

constexpr std::size_t kBytesPerLine = 24;
constexpr std::size_t kMaxHexLines = 8;  // JSON has all bytes

std::string hex_of(std::string_view bytes, std::string_view between) {
  std::string text;
  for (const char c : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : between, static_cast<unsigned char>(c));
  }
  return text;
}

Result<labs::Record> read_record(const MarshalCommand& command, const std::stop_token& stop) {
  if (command.input.empty()) return labs::Record::parse(labs::kCourseRecord, labs::Syntax::json);
  ECE465_ASSIGN(const auto source, open_input(command.input, stop));
  if (source->size() > labs::RecordLimits{}.max_bytes) {
    return fail_on(source->name(), Errc::too_large, "the record is larger than {} bytes",
                   labs::RecordLimits{}.max_bytes);
  }
  std::string text(static_cast<std::size_t>(source->size()), '\0');
  ECE465_TRY(source->read_exactly(0, std::as_writable_bytes(std::span(text))));
  const bool yaml = command.input.ends_with(".yaml") || command.input.ends_with(".yml");
  auto record = labs::Record::parse(text, yaml ? labs::Syntax::yaml : labs::Syntax::json);
  // Standard input has no extension: what is not JSON may still be YAML.
  if (!record && command.input == kDash) {
    if (auto other = labs::Record::parse(text, labs::Syntax::yaml)) return other;
  }
  if (!record) return about(source->name(), record.error());
  return record;
}

void print_table(const std::vector<labs::MarshalResult>& all, Console& console) {
  const Paint& paint = console.out_paint();
  console.print(
      paint.bold(fmt::format("{:<8}  {:>7}  {:>8}  {:>8}  {}", "FORMAT", "BYTES", "ENCODE", "DECODE", "COPY")) + "\n");
  for (const auto& one : all) {
    console.print(fmt::format("{:<8}  {:>7}  {:>8}  {:>8}  {}\n", labs::format_name(one.format),
                              format_count(one.bytes.size()), short_time(one.encode), short_time(one.decode),
                              one.equal ? paint.green("equal") : paint.red("differs")));
    std::string_view rest = one.bytes;
    for (std::size_t line = 0; line < kMaxHexLines && !rest.empty(); ++line) {
      console.print("  " + hex_of(rest.substr(0, kBytesPerLine), " ") + "\n");
      rest.remove_prefix(std::min(rest.size(), kBytesPerLine));
    }
    if (!rest.empty()) console.print(fmt::format("  and {} more\n", format_count(rest.size())));
  }
}

void print_json(const std::vector<labs::MarshalResult>& all, Console& console) {
  Json formats = Json::array();
  for (const auto& one : all) {
    formats.push_back({{"format", labs::format_name(one.format)},
                       {"bytes", one.bytes.size()},
                       {"encode_seconds", seconds(one.encode)},
                       {"decode_seconds", seconds(one.decode)},
                       {"equal", one.equal},
                       {"hex", hex_of(one.bytes, "")}});
  }
  console.print(Json({{"command", "marshal"}, {"formats", formats}}).pretty() + "\n");
}

int run_marshal(const MarshalCommand& command, Console& console, const std::stop_token& stop) {
  const auto record = read_record(command, stop);
  if (!record) return report_error(console, record.error());
  std::vector<labs::MarshalResult> all;
  int code = kExitOk;
  for (const auto format : {labs::Format::json, labs::Format::cbor, labs::Format::msgpack, labs::Format::yaml}) {
    if (command.format && *command.format != format) continue;
    auto done = labs::marshal(*record, format);
    if (!done) {
      code = report_error(console, about(labs::format_name(format), done.error()).error());
    } else {
      if (!done->equal) code = kExitFailed;
      all.push_back(*std::move(done));
    }
  }
  if (command.json) {
    print_json(all, console);
  } else {
    print_table(all, console);
  }
  return code;
}

constexpr const char* kMarshalDescription =
    "Encode and decode a record: JSON, CBOR, MessagePack, YAML\n"
    "\n"
    "Shows for each format the bytes in hex, their number, the encoding and decoding times, and whether the decoded "
    "copy equals the original. Without --input it uses the message by which a philosopher of the course notes "
    "requests forks.";

constexpr const char* kMarshalFooter =
    "Examples:\n"
    "  ece465 marshal                          the record of the course notes\n"
    "  ece465 marshal --input person.yaml      a file; JSON unless it is called .yaml or .yml\n"
    "  ece465 marshal --format cbor --json     one format, as JSON\n";

}  // namespace

void setup_marshal(Command& program) {
  const auto options = std::make_shared<MarshalCommand>();
  Command& command = program.add_command(
      "marshal", kMarshalDescription,
      [options](Console& console, const std::stop_token& stop) { return run_marshal(*options, console, stop); });
  command.footer = kMarshalFooter;
  command.current_group = "Record";
  add_text(command, "--input", options->input, "FILE", "A record in JSON or YAML; - is standard input");
  const Choices<labs::Format> formats{{"json", labs::Format::json},
                                      {"cbor", labs::Format::cbor},
                                      {"msgpack", labs::Format::msgpack},
                                      {"yaml", labs::Format::yaml}};
  add_choice(command, "--format", options->format, formats, "Use this format only");
  command.current_group = "Output";
  add_switch(command, "--json", options->json, "Print one JSON object");
}

}  // namespace ece465::cli
