#include <algorithm>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/files.hpp"
#include "common/lab_options.hpp"
#include "common/progress.hpp"
#include "common/text.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/text/map_reduce.hpp"
#include "lab_commands.hpp"
#include "mapreduce_remote.hpp"

namespace ece465::cli {
namespace {

using Json = nlohmann::ordered_json;

enum class Layout : std::uint8_t { table, uniq, json };

struct MapreduceCommand {
  std::vector<std::string> words;  ///< the example, and its files
  Layout layout = Layout::table;
  std::uint64_t top = 0;
  unsigned threads = 0;
  std::string master;  ///< a URL; empty: local threads
  std::chrono::milliseconds patience = kDefaultPatience;
  bool json = false, quiet = false;
};

/// Prints in large portions: a million short lines are a million system calls otherwise.
class Lines {
 public:
  explicit Lines(Console& console) : console_(console) {}
  ~Lines() { console_.print(held_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(held_), text, std::forward<Args>(args)...);
    if (held_.size() < kPortion) return;
    console_.print(held_);
    held_.clear();
  }

 private:
  static constexpr std::size_t kPortion = std::size_t{1} << 18;
  Console& console_;
  std::string held_;
};

void print_words(const MapreduceCommand& command, const text::WordTable& table, Console& console) {
  const bool all = command.top == 0;
  // uniq's order is that of the words unless the most frequent are asked for; people look for these.
  const auto entries = command.layout == Layout::uniq && all
                           ? table.sorted()
                           : table.top(all ? table.distinct() : static_cast<std::size_t>(command.top));
  if (command.layout == Layout::json) {
    Json json{{"command", "mapreduce"}, {"example", "wordcount"}};
    json["words"] = table.total();
    json["distinct"] = table.distinct();
    json["counts"] = Json::array();
    for (const auto& entry : entries) json["counts"].push_back({{"word", entry.word}, {"count", entry.count}});
    console.print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return;
  }
  Lines lines(console);
  if (command.layout == Layout::uniq) {
    for (const auto& entry : entries) lines.add("{:>7} {}\n", entry.count, entry.word);
    return;
  }
  std::size_t width = 5;
  for (const auto& entry : entries) width = std::max(width, format_count(entry.count).size());
  for (const auto& entry : entries) lines.add("{:>{}}  {}\n", format_count(entry.count), width, printable(entry.word));
  lines.add("{:>{}}  words, {} of them distinct\n", format_count(table.total()), width, format_count(table.distinct()));
}

void print_bytes(const MapreduceCommand& command, const text::ByteTotal& total, Console& console) {
  if (command.layout == Layout::json) {
    const Json json{{"command", "mapreduce"},
                    {"example", "bytes"},
                    {"bytes", total.bytes},
                    {"lines", total.lines},
                    {"ignored", total.ignored}};
    console.print(json.dump() + "\n");
    return;
  }
  if (total.ignored > 0 && !command.quiet) {
    console.note(fmt::format("{} without a size that counts", counted(total.ignored, "line")));
  }
  console.print(fmt::format("{}\n", total.bytes));
}

Result<void> count_here(const MapreduceCommand& command, text::Kind kind, const ByteSource& text,
                        const text::TextOptions& options, Console& console) {
  if (kind == text::Kind::bytes) {
    ECE465_ASSIGN(const auto total, text::total_bytes(text, options));
    print_bytes(command, total, console);
  } else {
    ECE465_ASSIGN(const auto table, text::count_words(text, options));
    print_words(command, table, console);
  }
  return {};
}

Result<void> count_there(const MapreduceCommand& command, const http::Url& url, text::Kind kind, const ByteSource& text,
                         const TransferProgress& moved, const std::stop_token& stop, Console& console) {
  ECE465_ASSIGN(const auto tally, count_on_master(url, command.patience, kind, text, moved, stop));
  if (kind == text::Kind::bytes) {
    print_bytes(command, tally.total(), console);
  } else {
    print_words(command, tally.words(), console);
  }
  return {};
}

int run_mapreduce(MapreduceCommand& command, Console& console, const std::stop_token& stop) {
  const auto wrong = [&](const std::string& what) { return report_error(console, {Errc::usage, what}); };
  if (command.words.empty()) return wrong("no example; choose wordcount or bytes");
  const std::string example = command.words[0];
  const std::vector<std::string> examples(text::kKindNames.begin(), text::kKindNames.end());
  const auto kind = text::parse_kind(example);
  if (!kind) {
    return wrong(
        fmt::format("'{}' is no example; choose wordcount or bytes{}", example, did_you_mean(example, examples)));
  }
  std::vector<std::string> names(command.words.begin() + 1, command.words.end());
  if (names.empty()) return wrong("no input; name files, or - for standard input");
  if (std::ranges::count(names, kDash) > 1) return wrong("standard input can be read only once");
  if (command.json) command.layout = Layout::json;
  if (kind == text::Kind::bytes && (command.top > 0 || command.layout == Layout::uniq)) {
    return wrong("bytes: is one number; --top and --format uniq are for wordcount");
  }
  std::optional<http::Url> url;
  if (!command.master.empty()) {
    auto parsed = http::parse_url(command.master);
    if (!parsed) return report_error(console, about("--master", parsed.error()).error());
    url = *std::move(parsed);
  }

  std::vector<std::unique_ptr<ByteSource>> files;
  std::vector<const ByteSource*> sources;
  for (const auto& name : names) {
    auto file = open_input(name, stop);
    if (!file) return report_error(console, file.error());
    files.push_back(*std::move(file));
    sources.push_back(files.back().get());
  }
  const auto all = text::concatenate(sources);

  text::TextOptions options;
  options.threads = command.threads == 0 ? usable_cpus() : command.threads;
  options.is_cancelled = [&stop] { return stop.stop_requested(); };
  Result<void> done;
  {
    Progress progress(console, 1, all->size(), !command.quiet);
    progress.started(0, all->name(), all->size());
    const auto size = static_cast<std::size_t>(all->size());
    std::atomic<std::uint64_t> moved = 0;
    options.on_progress = [&](std::uint64_t bytes) {
      progress.moved(0, static_cast<std::size_t>(moved.fetch_add(bytes) + bytes), size);
    };
    const TransferProgress sent = [&](std::uint64_t bytes, std::uint64_t /*total*/) {
      progress.moved(0, static_cast<std::size_t>(bytes), size);
    };
    done = url ? count_there(command, *url, *kind, *all, sent, stop, console)
               : count_here(command, *kind, *all, options, console);
  }
  if (!done && done.error().code == Errc::cancelled) return report_error(console, {Errc::cancelled, "interrupted"});
  return done ? kExitOk : report_error(console, done.error());
}

constexpr const char* kMapreduceDescription =
    "The two classic examples of map-reduce: word count, and the bytes of a log\n"
    "\n"
    "Files are cut into pieces, each thread counts pieces for itself, and the counts are added up. Several files are "
    "one text, as cat makes it. Memory grows with the distinct words, not with the text.\n"
    "\n"
    "With --master the text goes to a running master, whose workers count the pieces while it arrives; the result is "
    "the "
    "same, whatever becomes of the workers, and without any the master counts. Nothing of the text stays there, and "
    "Ctrl-C ends it there, too.";

constexpr const char* kMapreduceFooter =
    "Formats of wordcount:\n"
    "  table   the most frequent first (default)\n"
    "  uniq    byte for byte what this prints, in the C locale: cat FILES | tr ' ' '\\n' | grep -v '^$' | sort | uniq "
    "-c\n"
    "  json    one object\n"
    "\n"
    "bytes adds up the second column; what is no whole number there, or negative, counts as 0.\n"
    "\n"
    "On a master a text may have about four million distinct words.\n"
    "\n"
    "Examples:\n"
    "  ece465 mapreduce wordcount --top 10 book.txt\n"
    "  ece465 mapreduce wordcount --format uniq a.txt b.txt > counts\n"
    "  zcat access.log.gz | ece465 mapreduce bytes -\n"
    "  ece465 mapreduce wordcount book.txt --master http://node0:8000\n";

}  // namespace

void setup_mapreduce(CLI::App& app, Action& chosen) {
  const auto command = std::make_shared<MapreduceCommand>();
  CLI::App* mapreduce =
      add_command(app, "mapreduce", kMapreduceDescription, chosen,
                  [command](Console& console, std::stop_token stop) { return run_mapreduce(*command, console, stop); });
  mapreduce->footer(kMapreduceFooter);
  mapreduce->add_option("EXAMPLE", command->words, "wordcount or bytes, then files; - is standard input")
      ->type_name("FILE");
  constexpr const char* kResult = "Result";
  const Choices<Layout> layouts{{"table", Layout::table}, {"uniq", Layout::uniq}, {"json", Layout::json}};
  add_choice(*mapreduce, "--format", command->layout, layouts, "How counts are shown")->group(kResult);
  add_switch(*mapreduce, "--json", command->json, "The same as --format json")->group(kResult);
  add_value<std::uint64_t>(*mapreduce, "--top", command->top, "N", parse_count, "The most frequent words only; 0: all")
      ->default_str("0")
      ->group(kResult);
  constexpr const char* kWork = "Work";
  add_threads(*mapreduce, command->threads)->group(kWork);
  add_text(*mapreduce, "--master", command->master, "URL",
           "Count on this master's workers, not on threads of this machine")
      ->group(kWork);
  add_timeout(*mapreduce, command->patience, "Give up when the master is away, or says nothing, for this long")
      ->group(kWork);
  add_switch(*mapreduce, "-q,--quiet", command->quiet, "No progress and no notes")->group(kWork);
}

}  // namespace ece465::cli
