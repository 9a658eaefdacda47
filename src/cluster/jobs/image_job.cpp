#include "jobs/image_job.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ece465/net/offload.hpp"

namespace ece465::cluster {

net::Task<std::unique_ptr<MemoryBudget::Share>> MemoryBudget::take(std::uint64_t bytes) {
  const std::uint64_t ticket = next_ticket_++;
  while (serving_ != ticket || left_ < bytes) co_await freed_.wait();
  ++serving_;
  left_ -= bytes;
  freed_.notify();  // the next request may fit as well
  co_return std::make_unique<Share>(*this, bytes);
}

/// A job's open files. Pages keep it alive, since a session may still be sending a strip when the job has ended.
struct ImageJob::Files {
  std::shared_ptr<const ByteSource> source;
  std::unique_ptr<image::ImageReader> reader;
  std::unique_ptr<OutputFile> sink;
  std::unique_ptr<image::ImageWriter> writer;
  image::Format output = image::Format::jpeg;
  image::PageStripsOptions strips;
};

namespace {

Result<image::Format> format_of(const ByteSource& source) {
  std::array<std::byte, 16> head{};
  ECE465_ASSIGN(const std::size_t n, source.read_at(0, head));
  // open_image reports the error if it is not an image.
  return image::format_of_content(Bytes(head).first(n)).value_or(image::Format::jpeg);
}

}  // namespace

Result<ImageSummary> summarize(const DataFolder& folder, const JobRequest& request, const Limits& limits) {
  ECE465_ASSIGN(const auto source, folder.open_file(request.file));
  auto reader = image::open_image(*source, {.channels = request.channels, .limits = limits});
  if (!reader) return about(request.file, std::move(reader).error());
  return image_summary(**reader);
}

Result<std::shared_ptr<ImageJob::Files>> ImageJob::open() {
  auto files = std::make_shared<Files>();
  ECE465_ASSIGN(files->source, context_.folder->open_file(status_.request.file));
  ECE465_ASSIGN(const image::Format input, format_of(*files->source));
  files->output = image::format_of_name(status_.result).value_or(input);
  files->strips.channels = status_.request.channels;
  files->strips.memory_bytes = context_.memory_bytes;
  files->strips.threads = context_.pages.threads;
  files->strips.limits = context_.limits;
  auto reader = image::open_image(*files->source, image::strips_read_options(input, files->output, files->strips));
  if (!reader) return about(status_.request.file, std::move(reader).error());
  files->reader = *std::move(reader);
  const std::size_t pages = files->reader->pages().size();
  if (pages > 1 && !image::format_features(files->output).many_pages) {
    return fail_on(status_.request.file, Errc::unsupported, "has {} pages; {} holds one", pages,
                   image::format_name(files->output));
  }
  ECE465_ASSIGN(files->sink, context_.folder->create(status_.result));
  ECE465_ASSIGN(files->writer, image::create_image(files->output, *files->reader, *files->sink,
                                                   {.quality = status_.request.quality,
                                                    .memory_bytes = context_.memory_bytes,
                                                    .limits = context_.limits}));
  return files;
}

net::Task<Result<void>> ImageJob::run() {
  status_.phase = JobPhase::read;
  context_.pages.on_changed();
  ECE465_CO_ASSIGN(const auto files, co_await net::offload(*context_.files, [this] { return open(); }));
  status_.image = image_summary(*files->reader);
  for (std::size_t page = 0; page < status_.image->pages; ++page) {
    if (cancelled_) co_return fail(Errc::cancelled, "cancelled");
    status_.page = page;
    auto done = co_await run_page(files, page);
    if (!done) {
      Error& error = done.error();
      if (error.code == Errc::cancelled) co_return std::unexpected(std::move(error));
      if (status_.image->pages > 1) error = within(fmt::format("page {}", page + 1), std::move(error)).error();
      co_return about(status_.request.file, std::move(error));
    }
  }
  status_.phase = JobPhase::write;
  const auto began = std::chrono::steady_clock::now();
  ECE465_CO_TRY(co_await net::offload(*context_.files, [&files]() -> Result<void> {
    ECE465_TRY(files->writer->finish());
    return files->sink->commit();
  }));
  status_.write += std::chrono::steady_clock::now() - began;
  for (auto& note : files->reader->notes()) status_.notes.push_back(std::move(note));
  for (auto& note : files->writer->notes()) status_.notes.push_back(std::move(note));
  co_return Result<void>{};
}

net::Task<Result<void>> ImageJob::run_page(std::shared_ptr<Files> files, std::size_t page) {
  const auto began = std::chrono::steady_clock::now();
  ECE465_CO_ASSIGN(auto strips, co_await net::offload(*context_.pages.cpu, [&files, page] {
                     return image::PageStrips::open(*files->reader, page, files->output, files->strips);
                   }));
  status_.split += std::chrono::steady_clock::now() - began;
  for (const auto& note : strips->notes()) {
    if (std::ranges::find(status_.notes, note) == status_.notes.end()) status_.notes.push_back(note);
  }
  const auto memory = co_await context_.memory->take(std::min(strips->memory_bytes(), context_.memory_bytes));
  status_.strips += strips->strips().size();
  for (const auto& strip : strips->strips()) status_.pixels += strip.bytes;
  image::ImageWriter& writer = *files->writer;
  PageRunContext page_context = context_.pages;
  std::vector<Timeline::Strip> layout;
  layout.reserve(strips->strips().size());
  for (const auto& strip : strips->strips()) {
    layout.push_back({strip.plane, strip.first_row, strip.rows, strip.first_column, strip.columns, strip.bytes});
  }
  page_context.timeline = timeline_->begin_page(page, std::move(layout));
  page_ = std::make_shared<PageRun>(page_context, files, std::move(strips), status_);
  if (cancelled_) page_->cancel();
  auto done = co_await page_->run(writer);
  if (done) {
    const PageLevels levels = page_->levels();
    // The levels are only for display, so a failure to save them does not fail the job.
    const auto saved = co_await net::offload(
        *context_.files, [this, &levels, page] { return context_.store->save_levels(status_.number, page, levels); });
    if (!saved) status_.notes.push_back(saved.error().text());
  }
  page_.reset();
  co_return done;
}

void ImageJob::cancel() {
  cancelled_ = true;
  if (page_) page_->cancel();
}

}  // namespace ece465::cluster
