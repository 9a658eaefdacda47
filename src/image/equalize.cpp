#include "ece465/image/equalize.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <optional>

#include "conversion.hpp"
#include "ece465/base/guarded.hpp"
#include "ece465/base/parallel.hpp"
#include "memory_plan.hpp"

/// Two passes over each page: decode and count; then map, encode and write. Between the passes the decoded blocks stay
/// in memory if they fit the budget and are expensive to decode; otherwise they are decoded again.

namespace ece465::image {
namespace {

using Clock = std::chrono::steady_clock;

/// Reports progress in order, and detects a request to stop.
class Progress {
 public:
  /// `total`: blocks of all pages, in all passes.
  Progress(const EqualizeOptions& options, std::size_t total) : options_(options), total_(total) {}

  Result<void> block_done() {
    if (options_.stop.stop_requested()) return fail(Errc::cancelled, "interrupted");
    if (!options_.progress) return {};
    const std::scoped_lock lock(mutex_);
    options_.progress(++done_, total_);
    return {};
  }

 private:
  const EqualizeOptions& options_;
  std::size_t total_;
  std::mutex mutex_;  // guards done_; held during the callback, so that callers see it increase
  std::size_t done_ = 0;
};

/// Reads a page's blocks for several threads. If blocks can be read in any order, each thread has its own reader.
/// Otherwise there is one reader, and the next thread gets the next block: one thread decodes while others process
/// blocks decoded before.
class BlockSource {
 public:
  BlockSource(const Conversion& conversion, std::size_t count) : conversion_(conversion), count_(count) {}

  Result<void> open(const ImageReader& reader, std::size_t page, unsigned threads) {
    shared_ = threads > 1 && !conversion_.source().any_order;
    for (unsigned i = 0; i < (shared_ ? 1 : threads); ++i) {
      ECE465_ASSIGN(auto blocks, reader.read_page(page));
      readers_.push_back(conversion_.adapt(std::move(blocks)));
    }
    return {};
  }

  /// Reads block `index`, or another one, into `block_for(i)`, where i is the block it reads; returns i. Indices must
  /// be assigned as `parallel_for` does.
  template <class BlockFor>
  Result<std::size_t> read(unsigned thread, std::size_t index, Block& scratch, BlockFor block_for) {
    if (!conversion_.prepares()) return read_raw(thread, index, block_for);
    ECE465_ASSIGN(const std::size_t read_index,
                  read_raw(thread, index, [&](std::size_t) -> Block& { return scratch; }));
    conversion_.prepare(scratch, block_for(read_index));
    return read_index;
  }

 private:
  template <class BlockFor>
  Result<std::size_t> read_raw(unsigned thread, std::size_t index, BlockFor block_for) {
    if (!shared_) {
      ECE465_TRY(readers_[thread]->read(index, block_for(index)));
      return index;
    }
    const std::scoped_lock lock(mutex_);
    if (error_) return std::unexpected(*error_);
    index = next_++;
    assert(index < count_);
    if (auto done = readers_[0]->read(index, block_for(index)); !done) {
      error_ = done.error();  // for every thread, so that the first bad block decides which error is reported
      return std::unexpected(std::move(done).error());
    }
    return index;
  }

  const Conversion& conversion_;
  [[maybe_unused]] std::size_t count_;  // for an assertion
  std::vector<std::unique_ptr<BlockReader>> readers_;
  bool shared_ = false;
  std::mutex mutex_;  // guards what follows, and the shared reader
  std::size_t next_ = 0;
  std::optional<Error> error_;
};

/// Takes one page through both passes.
class PagePipeline {
 public:
  PagePipeline(const ImageReader& reader, std::size_t page, Conversion conversion, const EqualizeOptions& options,
               Progress& progress)
      : reader_(reader), page_(page), conversion_(std::move(conversion)), options_(options), progress_(progress) {}

  /// Chooses the number of threads, and whether blocks are kept, within the memory budget. `encoder_bytes`: memory for
  /// writing the page, besides its blocks.
  Result<void> plan(std::uint64_t encoder_bytes);
  Result<void> count();
  Result<void> write(ImageWriter& writer);
  PageReport report() &&;

 private:
  void keep_blocks();

  const ImageReader& reader_;
  std::size_t page_;
  Conversion conversion_;
  const EqualizeOptions& options_;
  Progress& progress_;
  MemoryPlan memory_;
  std::unique_ptr<Pool> pool_;  // memory of kept blocks
  std::vector<Block> kept_;
  PageReport report_;
};

/// Abandons a page's writer if a block is lost, through an error or a library's exception.
class AbandonOnFailure {
 public:
  explicit AbandonOnFailure(PageWriter& writer) : writer_(&writer) {}
  ~AbandonOnFailure() {
    if (writer_ != nullptr) writer_->abandon();
  }
  AbandonOnFailure(const AbandonOnFailure&) = delete;
  AbandonOnFailure& operator=(const AbandonOnFailure&) = delete;
  void release() { writer_ = nullptr; }

 private:
  PageWriter* writer_;
};

Result<void> PagePipeline::plan(std::uint64_t encoder_bytes) {
  ECE465_ASSIGN(memory_, plan_memory(conversion_.source(), {.budget_bytes = options_.memory_bytes,
                                                            .threads = options_.threads,
                                                            .encoder_bytes = encoder_bytes}));
  return {};
}

void PagePipeline::keep_blocks() {
  kept_.resize(conversion_.source().block_count);
  pool_ = make_block_pool(conversion_.source());
  if (!pool_) return;
  for (Block& block : kept_) block.pixels = Buffer(*pool_);
}

Result<void> PagePipeline::count() {
  const auto start = Clock::now();
  const PageInfo& source = conversion_.source();
  BlockSource blocks(conversion_, source.block_count);
  ECE465_TRY(blocks.open(reader_, page_, memory_.threads));
  struct Worker {
    Counter counter;
    Block block, scratch;
  };
  std::vector<Worker> workers;
  workers.reserve(memory_.threads);
  for (unsigned i = 0; i < memory_.threads; ++i) {
    workers.push_back({Counter(conversion_.plane_layout(), conversion_.channels()), {}, {}});
  }
  if (memory_.keep_blocks) keep_blocks();

  ECE465_TRY(parallel_for(memory_.threads, source.block_count, [&](unsigned w, std::size_t index) -> Result<void> {
    Worker& worker = workers[w];
    const auto block_for = [&](std::size_t i) -> Block& { return memory_.keep_blocks ? kept_[i] : worker.block; };
    ECE465_ASSIGN(const std::size_t read_index, blocks.read(w, index, worker.scratch, block_for));
    worker.counter.add(block_for(read_index));
    return progress_.block_done();
  }));

  for (auto& worker : workers) {
    auto histograms = worker.counter.finish();
    if (report_.before.empty()) {
      report_.before = std::move(histograms);
    } else {
      for (std::size_t i = 0; i < histograms.size(); ++i) report_.before[i] += histograms[i];
    }
  }
  conversion_.finalize(report_.before, report_.tables);
  report_.count_time = Clock::now() - start;
  return {};
}

Result<void> PagePipeline::write(ImageWriter& writer) {
  const auto start = Clock::now();
  const PageInfo& source = conversion_.source();
  ECE465_ASSIGN(const auto page_writer, writer.begin_page(page_, conversion_.target()));
  const unsigned threads = page_writer->any_order() ? memory_.threads : 1;
  BlockSource blocks(conversion_, source.block_count);
  if (!memory_.keep_blocks) ECE465_TRY(blocks.open(reader_, page_, threads));
  struct Worker {
    std::unique_ptr<BlockWriter> writer;
    Block block, scratch, converted;
  };
  std::vector<Worker> workers(threads);
  for (auto& worker : workers) {
    ECE465_ASSIGN(worker.writer, page_writer->open_blocks());
  }

  ECE465_TRY(parallel_for(threads, source.block_count, [&](unsigned w, std::size_t index) -> Result<void> {
    AbandonOnFailure guard(*page_writer);
    Worker& worker = workers[w];
    if (!memory_.keep_blocks) {
      ECE465_ASSIGN(index, blocks.read(w, index, worker.scratch, [&](std::size_t) -> Block& { return worker.block; }));
    }
    Block& block = memory_.keep_blocks ? kept_[index] : worker.block;
    conversion_.map(block);
    Block& final_block = conversion_.finish(block, worker.scratch, worker.converted);
    ECE465_TRY(worker.writer->write(index, final_block));
    if (memory_.keep_blocks) kept_[index] = Block{};  // frees its memory early
    guard.release();
    return progress_.block_done();
  }));
  ECE465_TRY(page_writer->finish());
  report_.write_time = Clock::now() - start;
  return {};
}

PageReport PagePipeline::report() && {
  report_.width = conversion_.source().width;
  report_.height = conversion_.source().height;
  report_.layout = conversion_.source().layout;
  report_.palette = conversion_.source().palette.has_value();
  report_.stored_samples = conversion_.source().stored_samples();
  report_.kept_in_memory = memory_.keep_blocks;
  return std::move(report_);
}

Result<Format> content_format(const ByteSource& source, Format otherwise) {
  std::array<std::byte, 16> head{};
  ECE465_ASSIGN(const std::size_t n, source.read_at(0, head));
  return format_of_content(Bytes(head).first(n)).value_or(otherwise);  // open_image reports the error
}

/// Names the page that an error is about, if there are several.
Error on_page(Error error, std::size_t page, std::size_t pages) {
  if (pages > 1) return within(fmt::format("page {}", page + 1), std::move(error)).error();
  return error;
}

Result<EqualizeReport> run(const ByteSource& source, ByteSink* sink, std::optional<Format> output,
                           const EqualizeOptions& options) {
  EqualizeReport report;
  ECE465_ASSIGN(report.input_format, content_format(source, Format::jpeg));
  report.output_format = output.value_or(report.input_format);
  const bool converting = report.input_format != report.output_format;
  ECE465_ASSIGN(
      const auto reader,
      open_image(source, {.channels = options.channels, .interleaved = converting, .limits = options.limits}));
  const auto& pages = reader->pages();
  if (converting && pages.size() > 1 && !format_features(report.output_format).many_pages) {
    return fail(Errc::unsupported, "has {} pages, but {} holds only one: choose a .tif output", pages.size(),
                format_name(report.output_format));
  }
  std::unique_ptr<ImageWriter> writer;
  if (sink != nullptr) {
    ECE465_ASSIGN(
        writer,
        create_image(report.output_format, *reader, *sink,
                     {.quality = options.quality, .memory_bytes = options.memory_bytes, .limits = options.limits}));
  }
  std::size_t blocks = 0;
  for (const PageInfo& page : pages) {
    blocks += Conversion(page, options.channels, converting, report.output_format).source().block_count;
  }
  Progress progress(options, blocks * (writer ? 2 : 1));
  for (std::size_t page = 0; page < pages.size(); ++page) {
    Conversion conversion(pages[page], options.channels, converting, report.output_format);
    for (const auto& note : conversion.notes()) {
      if (std::ranges::find(report.notes, note) == report.notes.end()) report.notes.push_back(note);
    }
    PagePipeline pipeline(*reader, page, std::move(conversion), options, progress);
    const auto run_page = [&]() -> Result<void> {
      ECE465_TRY(pipeline.plan(writer && !converting ? pages[page].encoder_bytes : 0));
      ECE465_TRY(pipeline.count());
      if (writer) ECE465_TRY(pipeline.write(*writer));
      return {};
    };
    if (auto done = run_page(); !done) return std::unexpected(on_page(std::move(done).error(), page, pages.size()));
    if (options.page_done) {
      options.page_done(std::move(pipeline).report());
    } else {
      report.pages.push_back(std::move(pipeline).report());
    }
  }
  if (writer) ECE465_TRY(writer->finish());
  // Some notes are known only after reading and writing.
  for (auto& note : reader->notes()) report.notes.push_back(std::move(note));
  if (writer) {
    for (auto& note : writer->notes()) report.notes.push_back(std::move(note));
  }
  return report;
}

/// The machine may have less memory than the budget.
Result<EqualizeReport> guarded_run(const ByteSource& source, ByteSink* sink, std::optional<Format> output,
                                   const EqualizeOptions& options) {
  auto report = guarded([&] { return run(source, sink, output, options); }, "out of memory: use a smaller --memory");
  if (!report) return about(source.name(), std::move(report).error());
  return report;
}

}  // namespace

Result<EqualizeReport> equalize(const ByteSource& source, ByteSink& sink, Format output,
                                const EqualizeOptions& options) {
  return guarded_run(source, &sink, output, options);
}

Result<EqualizeReport> analyze(const ByteSource& source, const EqualizeOptions& options) {
  return guarded_run(source, nullptr, std::nullopt, options);
}

}  // namespace ece465::image
