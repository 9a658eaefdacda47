#include "source_dest.hpp"

namespace ece465::image::jpeg {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;  // system calls of this size cost next to nothing per byte

}  // namespace

SourceManager::SourceManager(const ByteSource& source)
    : jpeg_source_mgr{}, source_(&source), end_(source.size()), buffer_(kBufferBytes) {
  set_callbacks();
}

SourceManager::SourceManager(Bytes bytes) : jpeg_source_mgr{}, end_(bytes.size()), offset_(bytes.size()) {
  set_callbacks();
  next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  bytes_in_buffer = bytes.size();
}

void SourceManager::set_callbacks() {
  init_source = [](j_decompress_ptr) {};
  fill_input_buffer = on_fill;
  skip_input_data = on_skip;
  resync_to_restart = jpeg_resync_to_restart;
  term_source = [](j_decompress_ptr) {};
}

Result<void> SourceManager::refill() {
  std::size_t count = 0;
  if (source_ != nullptr) {
    ECE465_ASSIGN(count, source_->read_at(offset_, buffer_.span()));
  }
  if (count == 0) return fail(Errc::corrupt, "ends early: the image is not complete after {} bytes", end_);
  next_input_byte = reinterpret_cast<const JOCTET*>(buffer_.data());
  bytes_in_buffer = count;
  offset_ += count;
  return {};
}

boolean SourceManager::on_fill(j_decompress_ptr info) {
  ErrorManager::of(info).run_callback([&] { return static_cast<SourceManager*>(info->src)->refill(); });
  return TRUE;
}

void SourceManager::on_skip(j_decompress_ptr info, long count) {
  auto& source = *static_cast<SourceManager*>(info->src);
  if (count <= 0) return;
  const auto wanted = static_cast<std::size_t>(count);
  if (wanted > source.bytes_in_buffer) {
    // Reading is left to the next refill, which also notices a skip beyond the end.
    source.offset_ += wanted - source.bytes_in_buffer;
    source.bytes_in_buffer = 0;
  } else {
    source.next_input_byte += wanted;
    source.bytes_in_buffer -= wanted;
  }
}

unsigned SourceManager::next_byte(j_decompress_ptr info) {
  if (info->src->bytes_in_buffer == 0) on_fill(info);
  --info->src->bytes_in_buffer;
  return *info->src->next_input_byte++;
}

DestinationManager::DestinationManager(ByteSink& sink) : jpeg_destination_mgr{}, sink_(sink), buffer_(kBufferBytes) {
  init_destination = on_start;
  empty_output_buffer = on_full;
  term_destination = on_end;
}

Result<void> DestinationManager::flush(std::size_t count) {
  ECE465_TRY(sink_.write_at(offset_, buffer_.span().first(count)));
  offset_ += count;
  next_output_byte = reinterpret_cast<JOCTET*>(buffer_.data());
  free_in_buffer = buffer_.size();
  return {};
}

void DestinationManager::on_start(j_compress_ptr info) {
  auto& destination = *static_cast<DestinationManager*>(info->dest);
  destination.next_output_byte = reinterpret_cast<JOCTET*>(destination.buffer_.data());
  destination.free_in_buffer = destination.buffer_.size();
}

boolean DestinationManager::on_full(j_compress_ptr info) {
  auto& destination = *static_cast<DestinationManager*>(info->dest);
  ErrorManager::of(info).run_callback([&] { return destination.flush(destination.buffer_.size()); });
  return TRUE;
}

void DestinationManager::on_end(j_compress_ptr info) {
  auto& destination = *static_cast<DestinationManager*>(info->dest);
  const std::size_t count = destination.buffer_.size() - destination.free_in_buffer;
  if (count > 0) ErrorManager::of(info).run_callback([&] { return destination.flush(count); });
}

}  // namespace ece465::image::jpeg
