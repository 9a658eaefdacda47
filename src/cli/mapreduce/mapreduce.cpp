#include <algorithm>
#include <atomic>
#include <memory>

#include "commands.hpp"
#include "common/files.hpp"
#include "common/json.hpp"
#include "common/master_client.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/text.hpp"
#include "ece465/base/cpus.hpp"
#include "ece465/text/map_reduce.hpp"

namespace ece465::cli {
namespace {

enum class WordFormat : std::uint8_t { table, uniq, json };

struct MapreduceCommand {
  std::vector<std::string> words;  ///< the example, then its files
  WordFormat format = WordFormat::table;
  std::uint64_t top = 0;
  unsigned threads = 0;
  std::string master;  ///< a URL; empty: count on local threads
  std::chrono::milliseconds timeout = kDefaultTimeout;
  bool json = false, quiet = false;
};

/// Prints in large chunks: a million short lines would be a million system calls.
class Lines {
 public:
  explicit Lines(Console& console) : console_(console) {}
  ~Lines() { console_.print(held_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(held_), text, std::forward<Args>(args)...);
    if (held_.size() < kChunkBytes) return;
    console_.print(held_);
    held_.clear();
  }

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 18;
  Console& console_;
  std::string held_;
};

void print_words(const MapreduceCommand& command, const text::WordTable& table, Console& console) {
  const bool all = command.top == 0;
  // uniq sorts by word, unless --top selects the most frequent words; people look for these first.
  const auto entries = command.format == WordFormat::uniq && all
                           ? table.sorted()
                           : table.top(all ? table.distinct() : static_cast<std::size_t>(command.top));
  if (command.format == WordFormat::json) {
    Json counts = Json::array();
    for (const auto& entry : entries) counts.push_back({{"word", entry.word}, {"count", entry.count}});
    console.print(Json({{"command", "mapreduce"},
                        {"example", "wordcount"},
                        {"words", table.total()},
                        {"distinct", table.distinct()},
                        {"counts", counts}})
                      .compact() +
                  "\n");
    return;
  }
  Lines lines(console);
  if (command.format == WordFormat::uniq) {
    for (const auto& entry : entries) lines.add("{:>7} {}\n", entry.count, entry.word);
    return;
  }
  std::size_t width = 5;
  for (const auto& entry : entries) width = std::max(width, format_count(entry.count).size());
  for (const auto& entry : entries) lines.add("{:>{}}  {}\n", format_count(entry.count), width, printable(entry.word));
  lines.add("{:>{}}  words, {} of them distinct\n", format_count(table.total()), width, format_count(table.distinct()));
}

void print_bytes(const MapreduceCommand& command, const text::ByteTotal& total, Console& console) {
  if (command.format == WordFormat::json) {
    const Json json{{"command", "mapreduce"},
                    {"example", "bytes"},
                    {"bytes", total.bytes},
                    {"lines", total.lines},
                    {"ignored", total.ignored}};
    console.print(json.compact() + "\n");
    return;
  }
  if (total.ignored > 0 && !command.quiet) {
    console.note(fmt::format("{} without a valid size", counted(total.ignored, "line")));
  }
  console.print(fmt::format("{}\n", total.bytes));
}

Result<void> count_locally(const MapreduceCommand& command, text::Kind kind, const ByteSource& text,
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

/// Checks that a master answers before anything is sent.
net::Task<Result<text::Tally>> check_and_count(MasterClient* api, text::Kind kind, const ByteSource* text,
                                               TransferProgress progress) {
  const auto status = co_await api->hello();
  if (!status) co_return std::unexpected(status.error());
  auto tally = co_await api->map_text(kind, text, std::move(progress));
  if (tally) co_return tally;
  const Errc code = tally.error().code;
  if (code == Errc::bad_input || code == Errc::not_found || code == Errc::too_large)
    co_return about(text->name(), std::move(tally).error());
  co_return tally;
}

Result<void> count_on_master(const MapreduceCommand& command, const http::Url& url, text::Kind kind,
                             const ByteSource& text, const TransferProgress& moved, const std::stop_token& stop,
                             Console& console) {
  asio::io_context context(1);
  MasterClient master(url, command.timeout);
  // `stop` closes the connection: the master notices, and abandons the text.
  ECE465_ASSIGN(const auto tally, run_task(context, check_and_count(&master, kind, &text, moved), stop));
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
        fmt::format("'{}' is not an example; choose wordcount or bytes{}", example, did_you_mean(example, examples)));
  }
  std::vector<std::string> names(command.words.begin() + 1, command.words.end());
  if (names.empty()) return wrong("no input; name files, or - for standard input");
  if (std::ranges::count(names, kDash) > 1) return wrong("standard input can be read only once");
  if (command.json) command.format = WordFormat::json;
  if (kind == text::Kind::bytes && (command.top > 0 || command.format == WordFormat::uniq)) {
    return wrong("bytes prints one number; --top and --format uniq are for wordcount");
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
    done = url ? count_on_master(command, *url, *kind, *all, sent, stop, console)
               : count_locally(command, *kind, *all, options, console);
  }
  if (!done && done.error().code == Errc::cancelled) return report_error(console, {Errc::cancelled, "interrupted"});
  return done ? kExitOk : report_error(console, done.error());
}

constexpr const char* kMapreduceDescription =
    "Two classic map-reduce examples: word count, and the bytes in a log\n"
    "\n"
    "Splits the files into pieces; each thread counts pieces, and the counts are added up. Several files are "
    "processed as one text, as by cat. Memory grows with the number of distinct words, not with the text.\n"
    "\n"
    "With --master the text is sent to a running master, whose workers count the pieces while it arrives. The result "
    "is the same, even if workers fail or there are none. The master keeps nothing of the text, and Ctrl-C cancels "
    "the work there as well.";

constexpr const char* kMapreduceFooter =
    "Formats of wordcount:\n"
    "  table   the most frequent words first (default)\n"
    "  uniq    the output, in the C locale, of: cat FILES | tr ' ' '\\n' | grep -v '^$' | sort | uniq -c\n"
    "  json    one object\n"
    "\n"
    "bytes adds up the second column. A value that is negative or not a whole number counts as 0.\n"
    "\n"
    "A master accepts texts with up to about four million distinct words.\n"
    "\n"
    "Examples:\n"
    "  ece465 mapreduce wordcount --top 10 book.txt\n"
    "  ece465 mapreduce wordcount --format uniq a.txt b.txt > counts\n"
    "  zcat access.log.gz | ece465 mapreduce bytes -\n"
    "  ece465 mapreduce wordcount book.txt --master http://node0:8000\n";

}  // namespace

void setup_mapreduce(Command& program) {
  const auto options = std::make_shared<MapreduceCommand>();
  Command& command = program.add_command(
      "mapreduce", kMapreduceDescription,
      [options](Console& console, std::stop_token stop) { return run_mapreduce(*options, console, stop); });
  command.footer = kMapreduceFooter;
  add_inputs(command, "EXAMPLE", options->words, "FILE", "wordcount or bytes, then files; - is standard input");

  command.current_group = "Result";
  const Choices<WordFormat> formats{
      {"table", WordFormat::table}, {"uniq", WordFormat::uniq}, {"json", WordFormat::json}};
  add_choice(command, "--format", options->format, formats, "Format of the word counts");
  add_switch(command, "--json", options->json, "Same as --format json");
  add_value(command, "--top", options->top, "N", parse_count, "Show only the most frequent words; 0: all")
      .with_default("0");

  command.current_group = "Work";
  add_threads(command, options->threads);
  add_text(command, "--master", options->master, "URL", "Count on this master's workers instead of local threads");
  add_timeout(command, options->timeout, "Give up when the master is unreachable or silent for this long");
  add_switch(command, "-q,--quiet", options->quiet, "No progress and no notes");
}

}  // namespace ece465::cli
