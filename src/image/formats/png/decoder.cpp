#include "decoder.hpp"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>

// libpng reports errors with longjmp, which must not skip destructors. So libpng is only called from actions that run
// in `Decoder::call`, and these, callbacks included, have only trivially destructible variables.

namespace ece465::image::png {
namespace {

constexpr std::size_t kInputBytes = std::size_t{64} << 10;

void on_warning(png_structp, png_const_charp) {}

}  // namespace

PixelLayout decoded_layout(const Structure& structure) {
  const Header& header = structure.header;
  PixelLayout layout{.bits = static_cast<std::uint8_t>(header.bit_depth == 16 ? 16 : 8)};
  if (header.color_type == ColorType::palette) return layout;
  if (header.is_color()) layout.colors = 3;
  const bool has_alpha = header.color_type == ColorType::gray_alpha || header.color_type == ColorType::rgb_alpha;
  if (has_alpha || !structure.transparency.empty()) {
    layout.extras = 1;
    layout.alpha = Alpha::unassociated;
  }
  return layout;
}

Decoder::Decoder(const ByteSource& source, const Structure& structure)
    : source_(source), structure_(structure), input_(kInputBytes) {}

Decoder::~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

Result<std::unique_ptr<Decoder>> Decoder::open(const ByteSource& source, const Structure& structure) {
  std::unique_ptr<Decoder> decoder(new Decoder(source, structure));
  ECE465_TRY(decoder->start());
  return decoder;
}

Result<void> Decoder::start() {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  if (png_ == nullptr) return fail(Errc::too_large, "out of memory");
  return call([](Decoder& self) { self.read_header(); });
}

Result<void> Decoder::read_rows(std::byte* out, std::size_t stride, std::uint32_t rows) {
  out_ = out;
  stride_ = stride;
  rows_ = rows;
  return call([](Decoder& self) { self.next_rows(); });
}

Result<void> Decoder::read_interlaced(std::byte* out, std::size_t stride) {
  out_ = out;
  stride_ = stride;
  rows_ = structure_.header.height;
  return call([](Decoder& self) {
    for (int pass = 0; pass < self.passes_; ++pass) self.next_rows();
  });
}

/// The only place to which libpng's jumps return.
Result<void> Decoder::call(void (*action)(Decoder&)) {
  if (setjmp(png_jmpbuf(png_)) == 0) {
    action(*this);
    return {};
  }
  if (source_error_) return std::unexpected(*source_error_);
  return fail(Errc::corrupt, "damaged image data: {}", message_.data());
}

void Decoder::read_header() {
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) png_error(png_, "out of memory");
  png_set_read_fn(png_, this, on_read);
  // `scan` has checked the size against our limits. libpng must ignore ancillary chunks, whatever they contain.
  png_set_user_limits(png_, 0x7FFFFFFF, 0x7FFFFFFF);
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(png_, info_);
  const Header& header = structure_.header;
  if (header.color_type == ColorType::palette) {
    png_set_packing(png_);
  } else if (!structure_.transparency.empty()) {
    png_set_tRNS_to_alpha(png_);
  } else if (header.bit_depth < 8) {
    png_set_expand_gray_1_2_4_to_8(png_);
  }
  if (std::endian::native == std::endian::little) png_set_swap(png_);
  passes_ = png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  const std::size_t expected = header.width * decoded_layout(structure_).pixel_bytes();
  if (png_get_rowbytes(png_, info_) != expected) png_error(png_, "header chunks contradict each other");
}

void Decoder::next_rows() {
  for (std::uint32_t y = 0; y < rows_; ++y) {
    png_read_row(png_, reinterpret_cast<png_bytep>(out_ + y * stride_), nullptr);
  }
}

void Decoder::on_read(png_structp png, png_bytep out, std::size_t size) {
  auto& self = *static_cast<Decoder*>(png_get_io_ptr(png));
  while (size > 0) {
    if (self.input_used_ == self.input_filled_ && !self.fill()) png_error(png, "ends early");
    const std::size_t n = std::min(size, self.input_filled_ - self.input_used_);
    std::copy_n(reinterpret_cast<png_const_bytep>(self.input_.data() + self.input_used_), n, out);
    self.input_used_ += n;
    out += n;
    size -= n;
  }
}

/// In a stack frame of its own, because it has a Result.
[[gnu::noinline]] bool Decoder::fill() {
  auto n = source_.read_at(offset_, input_.span());
  if (!n) {
    source_error_ = std::move(n).error();
    return false;
  }
  offset_ += *n;
  input_used_ = 0;
  input_filled_ = *n;
  return *n > 0;
}

void Decoder::on_error(png_structp png, png_const_charp message) {
  auto& self = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(self.message_.data(), self.message_.size(), "%s", message);
  png_longjmp(png, 1);
}

}  // namespace ece465::image::png
