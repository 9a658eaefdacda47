#include "ece465/image/equalize.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <new>
#include <optional>

#include "conversion.hpp"
#include "ece465/base/guarded.hpp"
#include "ece465/base/parallel.hpp"

/// Two passes over each page: decode and count; then map, encode, write. Between them the decoded blocks stay
/// in memory when they fit the budget and cost something to decode; else they are decoded again.

namespace ece465::image {
namespace {

using Clock = std::chrono::steady_clock;

/// Hands out progress, in order, and notices a request to stop.
class Watch {
 public:
  /// `total`: blocks of all pages, in all passes.
  Watch(const EqualizeOptions& options, std::size_t total) : options_(options), total_(total) {}

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
  std::mutex mutex_;  // guards done_, and that callers see it grow
  std::size_t done_ = 0;
};

/// A page's blocks for several threads. Where they can be had in any order each thread has a reader of its own;
/// else there is one, and whoever comes next gets the next block, so that one thread decodes while others work
/// on what was decoded before.
class Blocks {
 public:
  Blocks(const Conversion& conversion, std::size_t count) : conversion_(conversion), count_(count) {}

  Result<void> open(const ImageReader& reader, std::size_t page, unsigned threads) {
    shared_ = threads > 1 && !conversion_.source().any_order;
    for (unsigned i = 0; i < (shared_ ? 1 : threads); ++i) {
      ECE465_ASSIGN(auto blocks, reader.read_page(page));
      readers_.push_back(conversion_.adapt(std::move(blocks)));
    }
    return {};
  }

  /// Reads block `index`, or another one: calls `place(index)` with the one it is, to know where it goes.
  /// `index` must be handed out as `parallel_for` does.
  template <class Place>
  Result<std::size_t> read(unsigned worker, std::size_t index, Block& scratch, Place place) {
    if (!conversion_.prepares()) return read_raw(worker, index, place);
    ECE465_ASSIGN(const std::size_t read_index,
                  read_raw(worker, index, [&](std::size_t) -> Block& { return scratch; }));
    conversion_.prepare(scratch, place(read_index));
    return read_index;
  }

 private:
  template <class Place>
  Result<std::size_t> read_raw(unsigned worker, std::size_t index, Place place) {
    if (!shared_) {
      ECE465_TRY(readers_[worker]->read(index, place(index)));
      return index;
    }
    const std::scoped_lock lock(mutex_);
    if (failed_) return std::unexpected(*failed_);
    index = next_++;
    assert(index < count_);
    if (auto done = readers_[0]->read(index, place(index)); !done) {
      failed_ = done.error();  // those who wait are told the same: what is wrong with the first bad block
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
  std::optional<Error> failed_;
};

/// One page on its way from a reader to a writer.
class PagePass {
 public:
  PagePass(const ImageReader& reader, std::size_t page, Conversion conversion, const EqualizeOptions& options,
           Watch& watch)
      : reader_(reader), page_(page), conversion_(std::move(conversion)), options_(options), watch_(watch) {}

  /// Checks what the page needs against the memory budget and settles how many threads there are for it.
  /// `encoder_bytes`: what writing it will take besides blocks.
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
  Watch& watch_;
  unsigned threads_ = 1;
  bool keep_ = false;
  std::optional<Pool> pool_;  // what kept blocks are made of
  std::vector<Block> kept_;
  PageReport report_;
};

/// Tells a page's writer when a block is lost, by an error or by a library's exception.
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

Result<void> PagePass::plan(std::uint64_t encoder_bytes) {
  const PageInfo& source = conversion_.source();
  // A block on its way may exist three times: as read, as converted, and encoded.
  constexpr std::uint64_t kCopies = 3;
  const std::uint64_t per_thread = std::max<std::uint64_t>(1, kCopies * source.block_bytes + source.thread_bytes);
  // A page that is kept is decoded first and encoded then; one that is not is decoded while it is encoded.
  const std::uint64_t apart = std::max(source.decoder_bytes, encoder_bytes) + source.total_bytes;
  const std::uint64_t together = source.decoder_bytes + encoder_bytes;
  const auto threads_beside = [&](std::uint64_t fixed) -> std::uint64_t {
    if (fixed >= options_.memory_bytes) return 0;
    return std::min<std::uint64_t>(std::max(1U, options_.threads), (options_.memory_bytes - fixed) / per_thread);
  };
  const std::uint64_t wanted = std::max<std::uint64_t>(1, threads_beside(together));
  keep_ = !source.cheap_to_reread && threads_beside(apart) >= wanted;
  threads_ = static_cast<unsigned>(keep_ ? wanted : threads_beside(together));
  if (threads_ == 0) {
    const std::uint64_t least = std::min(apart, together) + per_thread;
    return fail(Errc::too_large, "needs about {} MiB of memory; --memory allows {} MiB", (least >> 20) + 1,
                options_.memory_bytes >> 20);
  }
  return {};
}

void PagePass::keep_blocks() {
  const PageInfo& source = conversion_.source();
  kept_.resize(source.block_count);
  constexpr std::uint64_t kLeastForPool = std::uint64_t{4} << 20;
  if (source.total_bytes < kLeastForPool) return;
  constexpr std::uint64_t kAlignment = 64;  // between two blocks
  pool_.emplace(source.total_bytes + kAlignment * source.block_count);
  for (Block& block : kept_) block.pixels = Buffer(*pool_);
}

Result<void> PagePass::count() {
  const auto start = Clock::now();
  const PageInfo& source = conversion_.source();
  Blocks blocks(conversion_, source.block_count);
  ECE465_TRY(blocks.open(reader_, page_, threads_));
  struct Worker {
    Counter counter;
    Block block, scratch;
  };
  std::vector<Worker> workers;
  workers.reserve(threads_);
  for (unsigned i = 0; i < threads_; ++i) {
    workers.push_back({Counter(conversion_.plane_layout(), conversion_.channels()), {}, {}});
  }
  if (keep_) keep_blocks();

  ECE465_TRY(parallel_for(threads_, source.block_count, [&](unsigned w, std::size_t index) -> Result<void> {
    Worker& worker = workers[w];
    const auto place = [&](std::size_t i) -> Block& { return keep_ ? kept_[i] : worker.block; };
    ECE465_ASSIGN(const std::size_t at, blocks.read(w, index, worker.scratch, place));
    worker.counter.add(place(at));
    return watch_.block_done();
  }));

  for (auto& worker : workers) {
    auto histograms = worker.counter.finish();
    if (report_.before.empty()) {
      report_.before = std::move(histograms);
    } else {
      for (std::size_t i = 0; i < histograms.size(); ++i) report_.before[i] += histograms[i];
    }
  }
  conversion_.settle(report_.before, report_.tables);
  report_.count_time = Clock::now() - start;
  return {};
}

Result<void> PagePass::write(ImageWriter& writer) {
  const auto start = Clock::now();
  const PageInfo& source = conversion_.source();
  ECE465_ASSIGN(const auto page_writer, writer.begin_page(page_, conversion_.target()));
  const unsigned threads = page_writer->any_order() ? threads_ : 1;
  Blocks blocks(conversion_, source.block_count);
  if (!keep_) ECE465_TRY(blocks.open(reader_, page_, threads));
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
    if (!keep_) {
      const auto place = [&](std::size_t) -> Block& { return worker.block; };
      ECE465_ASSIGN(index, blocks.read(w, index, worker.scratch, place));
    }
    Block& block = keep_ ? kept_[index] : worker.block;
    conversion_.map(block);
    Block& final_block = conversion_.finish(block, worker.scratch, worker.converted);
    ECE465_TRY(worker.writer->write(index, final_block));
    if (keep_) kept_[index] = Block{};  // give the memory back as we go
    guard.release();
    return watch_.block_done();
  }));
  ECE465_TRY(page_writer->finish());
  report_.write_time = Clock::now() - start;
  return {};
}

PageReport PagePass::report() && {
  report_.width = conversion_.source().width;
  report_.height = conversion_.source().height;
  report_.layout = conversion_.source().layout;
  report_.palette = conversion_.source().palette.has_value();
  report_.stored_samples = conversion_.source().stored_samples();
  report_.kept_in_memory = keep_;
  return std::move(report_);
}

Result<Format> content_format(const ByteSource& source, Format otherwise) {
  std::array<std::byte, 16> head{};
  ECE465_ASSIGN(const std::size_t n, source.read_at(0, head));
  return format_of_content(Bytes(head).first(n)).value_or(otherwise);  // open_image says what is wrong
}

/// An error on a page of many should say which.
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
  if (converting && pages.size() > 1 && !capabilities(report.output_format).many_pages) {
    return fail(Errc::unsupported, "has {} pages; {} holds one: choose a .tif output", pages.size(),
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
  Watch watch(options, blocks * (writer ? 2 : 1));
  for (std::size_t page = 0; page < pages.size(); ++page) {
    Conversion conversion(pages[page], options.channels, converting, report.output_format);
    for (const auto& note : conversion.notes()) {
      if (std::ranges::find(report.notes, note) == report.notes.end()) report.notes.push_back(note);
    }
    PagePass pass(*reader, page, std::move(conversion), options, watch);
    const auto all = [&]() -> Result<void> {
      ECE465_TRY(pass.plan(writer && !converting ? pages[page].encoder_bytes : 0));
      ECE465_TRY(pass.count());
      if (writer) ECE465_TRY(pass.write(*writer));
      return {};
    };
    if (auto done = all(); !done) return std::unexpected(on_page(std::move(done).error(), page, pages.size()));
    if (options.page_done) {
      options.page_done(std::move(pass).report());
    } else {
      report.pages.push_back(std::move(pass).report());
    }
  }
  if (writer) ECE465_TRY(writer->finish());
  // Last, because some of it is only known now.
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
