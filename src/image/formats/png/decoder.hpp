#pragma once

#include <array>
#include <memory>
#include <optional>

#include "chunks.hpp"

// Of png.h, which only decoder.cpp includes.
struct png_struct_def;
struct png_info_def;

namespace ece465::image::png {

/// The layout in which `Decoder` delivers pixels: gray below 8 bits is scaled to 8, palette indices take a byte each,
/// and a transparent colour (tRNS without a palette) becomes an alpha channel.
[[nodiscard]] PixelLayout decoded_layout(const Structure& structure);

/// Decodes an image's IDATs with libpng. Samples have their stored values, without gamma correction or colour
/// management; 16 bits are in native byte order.
class Decoder {
 public:
  /// Both arguments outlive the decoder. Fails with `corrupt` if libpng's view of the file differs from that of `scan`.
  [[nodiscard]] static Result<std::unique_ptr<Decoder>> open(const ByteSource& source, const Structure& structure);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Decodes the next `rows` rows to `out`, `stride` bytes apart.
  [[nodiscard]] Result<void> read_rows(std::byte* out, std::size_t stride, std::uint32_t rows);
  /// Decodes an interlaced image completely.
  [[nodiscard]] Result<void> read_interlaced(std::byte* out, std::size_t stride);

 private:
  Decoder(const ByteSource& source, const Structure& structure);
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> call(void (*action)(Decoder&));
  void read_header();
  void next_rows();
  bool fill();
  static void on_read(png_struct_def* png, unsigned char* out, std::size_t size);
  [[noreturn]] static void on_error(png_struct_def* png, const char* message);

  const ByteSource& source_;
  const Structure& structure_;
  png_struct_def* png_ = nullptr;
  png_info_def* info_ = nullptr;
  int passes_ = 1;
  Buffer input_;
  std::size_t input_used_ = 0, input_filled_ = 0;
  std::uint64_t offset_ = 0;
  // Arguments and results of the action in `call`.
  std::byte* out_ = nullptr;
  std::size_t stride_ = 0;
  std::uint32_t rows_ = 0;
  std::optional<Error> source_error_;
  std::array<char, 128> message_{};
};

}  // namespace ece465::image::png
