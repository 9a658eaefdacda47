#include "source_dest.hpp"

namespace ece465::image::jpeg {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

}  // namespace

Input::Input(const ByteSource& source)
    : jpeg_source_mgr{}, source_(&source), end_(source.size()), buffer_(kBufferBytes) {
  set_routines();
}

Input::Input(Bytes bytes) : jpeg_source_mgr{}, end_(bytes.size()), offset_(bytes.size()) {
  set_routines();
  next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  bytes_in_buffer = bytes.size();
}

void Input::set_routines() {
  init_source = [](j_decompress_ptr) {};
  fill_input_buffer = on_fill;
  skip_input_data = on_skip;
  resync_to_restart = jpeg_resync_to_restart;
  term_source = [](j_decompress_ptr) {};
}

bool Input::refill(ErrorManager& trap) noexcept {
  try {
    std::size_t count = 0;
    if (source_ != nullptr) {
      auto read = source_->read_at(offset_, buffer_.span());
      if (!read) {
        trap.blame(std::move(read).error());
        return false;
      }
      count = *read;
    }
    if (count == 0) {
      trap.blame({Errc::corrupt, fmt::format("ends early: the image is not complete after {} bytes", end_)});
      return false;
    }
    next_input_byte = reinterpret_cast<const JOCTET*>(buffer_.data());
    bytes_in_buffer = count;
    offset_ += count;
    return true;
  } catch (const std::bad_alloc&) {
    trap.blame({Errc::too_large, "out of memory"});
    return false;
  }
}

boolean Input::on_fill(j_decompress_ptr info) {
  if (!static_cast<Input*>(info->src)->refill(trap_of(info))) trap_of(info).leave();
  return TRUE;
}

void Input::on_skip(j_decompress_ptr info, long count) {
  auto& input = *static_cast<Input*>(info->src);
  if (count <= 0) return;
  const auto wanted = static_cast<std::size_t>(count);
  if (wanted > input.bytes_in_buffer) {
    // Nothing is read until it is needed; past the end, that finds out.
    input.offset_ += wanted - input.bytes_in_buffer;
    input.bytes_in_buffer = 0;
  } else {
    input.next_input_byte += wanted;
    input.bytes_in_buffer -= wanted;
  }
}

unsigned Input::next_byte(j_decompress_ptr info) {
  if (info->src->bytes_in_buffer == 0) on_fill(info);
  --info->src->bytes_in_buffer;
  return *info->src->next_input_byte++;
}

Output::Output(ByteSink& sink) : jpeg_destination_mgr{}, sink_(sink), buffer_(kBufferBytes) {
  init_destination = on_start;
  empty_output_buffer = on_full;
  term_destination = on_end;
}

bool Output::flush(ErrorManager& trap, std::size_t count) noexcept {
  try {
    if (auto written = sink_.write_at(offset_, buffer_.span().first(count)); !written) {
      trap.blame(std::move(written).error());
      return false;
    }
    offset_ += count;
    next_output_byte = reinterpret_cast<JOCTET*>(buffer_.data());
    free_in_buffer = buffer_.size();
    return true;
  } catch (const std::bad_alloc&) {
    trap.blame({Errc::too_large, "out of memory"});
    return false;
  }
}

void Output::on_start(j_compress_ptr info) {
  auto& output = *static_cast<Output*>(info->dest);
  output.next_output_byte = reinterpret_cast<JOCTET*>(output.buffer_.data());
  output.free_in_buffer = output.buffer_.size();
}

boolean Output::on_full(j_compress_ptr info) {
  auto& output = *static_cast<Output*>(info->dest);
  if (!output.flush(trap_of(info), output.buffer_.size())) trap_of(info).leave();
  return TRUE;
}

void Output::on_end(j_compress_ptr info) {
  auto& output = *static_cast<Output*>(info->dest);
  const std::size_t count = output.buffer_.size() - output.free_in_buffer;
  if (count > 0 && !output.flush(trap_of(info), count)) trap_of(info).leave();
}

}  // namespace ece465::image::jpeg
