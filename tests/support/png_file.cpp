#include "png_file.hpp"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace ece465::testing {
namespace {

constexpr std::size_t kSignatureBytes = 8;

[[noreturn]] void complain(png_structp, png_const_charp message) { throw std::runtime_error(message); }

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
  return load<std::uint32_t>(bytes.data() + at, std::endian::big);
}

void write_bytes(png_structp png, png_bytep data, std::size_t size) {
  auto& out = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* from = reinterpret_cast<const std::byte*>(data);
  out.insert(out.end(), from, from + size);
}

void read_bytes(png_structp png, png_bytep out, std::size_t size) {
  auto& rest = *static_cast<Bytes*>(png_get_io_ptr(png));
  if (rest.size() < size) throw std::runtime_error("ends early");
  std::memcpy(out, rest.data(), size);
  rest = rest.subspan(size);
}

int color_type_of(const image::PixelLayout& layout, const PngShape& shape) {
  if (!shape.palette.empty()) return PNG_COLOR_TYPE_PALETTE;
  return (layout.colors == 3 ? PNG_COLOR_MASK_COLOR : 0) | (layout.extras > 0 ? PNG_COLOR_MASK_ALPHA : 0);
}

}  // namespace

std::vector<PngChunk> png_chunks(Bytes png) {
  std::vector<PngChunk> chunks;
  for (std::size_t at = kSignatureBytes; at + 12 <= png.size();) {
    const std::size_t length = big_endian(png, at);
    const Bytes data = png.subspan(at + 8, length);
    chunks.push_back({std::string(as_text(png.subspan(at + 4, 4))), {data.begin(), data.end()}});
    at += length + 12;
  }
  return chunks;
}

std::vector<std::byte> png_of_chunks(const std::vector<PngChunk>& chunks) {
  const Bytes signature = as_bytes("\x89PNG\r\n\x1A\n");
  std::vector<std::byte> png(signature.begin(), signature.end());
  for (const auto& chunk : chunks) {
    const std::size_t at = png.size();
    png.resize(at + 8);
    store(png.data() + at, static_cast<std::uint32_t>(chunk.data.size()), std::endian::big);
    std::memcpy(png.data() + at + 4, chunk.name.data(), 4);
    png.insert(png.end(), chunk.data.begin(), chunk.data.end());
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(png.data() + at + 4), chunk.data.size() + 4);
    png.resize(png.size() + 4);
    store(png.data() + png.size() - 4, static_cast<std::uint32_t>(crc), std::endian::big);
  }
  return png;
}

PngChunk png_chunk(std::string_view name, std::string_view data) {
  const Bytes bytes = as_bytes(data);
  return {std::string(name), {bytes.begin(), bytes.end()}};
}

std::vector<std::string> png_names(Bytes png) {
  std::vector<std::string> names;
  for (const auto& chunk : png_chunks(png)) {
    if (names.empty() || chunk.name != "IDAT" || names.back() != "IDAT") names.push_back(chunk.name);
  }
  return names;
}

PngChunk png_find(Bytes png, std::string_view name) {
  for (auto& chunk : png_chunks(png)) {
    if (chunk.name == name) return chunk;
  }
  return {};
}

std::string png_number(std::size_t bytes, std::uint32_t value) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}

std::string zlib_packed(std::string_view text) {
  std::string packed(compressBound(text.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  packed.resize(size);
  return packed;
}

std::vector<std::byte> with_chunk_before(Bytes png, std::string_view place, const PngChunk& chunk) {
  auto chunks = png_chunks(png);
  chunks.insert(std::ranges::find(chunks, place, &PngChunk::name), chunk);
  return png_of_chunks(chunks);
}

std::vector<std::byte> with_chunk_after(Bytes png, std::string_view place, const PngChunk& chunk) {
  auto chunks = png_chunks(png);
  const auto last = std::ranges::find(chunks.rbegin(), chunks.rend(), place, &PngChunk::name);
  chunks.insert(last.base(), chunk);
  return png_of_chunks(chunks);
}

std::vector<std::byte> encode_png(const Scene& scene, const PngShape& shape) {
  std::vector<std::byte> out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, complain, complain);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, write_bytes, nullptr);
  const unsigned depth = shape.bit_depth != 0 ? shape.bit_depth : scene.layout.bits;
  png_set_IHDR(png, info, scene.width, scene.height, static_cast<int>(depth), color_type_of(scene.layout, shape),
               shape.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (!shape.palette.empty()) {
    std::vector<png_color> colors(shape.palette.size() / 3);
    for (std::size_t i = 0; i < colors.size(); ++i) {
      colors[i] = {shape.palette[3 * i], shape.palette[3 * i + 1], shape.palette[3 * i + 2]};
    }
    png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
  }
  png_set_compression_level(png, 1);
  png_set_check_for_invalid_index(png, 0);  // some tests use such files
  png_write_info(png, info);
  png_set_packing(png);
  if (std::endian::native == std::endian::little) png_set_swap(png);
  const image::Block block = block_of(scene);
  std::vector<png_bytep> rows(scene.height);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    rows[y] = reinterpret_cast<png_bytep>(const_cast<std::byte*>(block.pixels.data() + y * block.stride));
  }
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

PngPicture decode_png(Bytes bytes) {
  Bytes rest = bytes;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, complain, complain);
  png_infop info = png_create_info_struct(png);
  const auto read = [&] {
    png_set_read_fn(png, &rest, read_bytes);
    png_read_info(png, info);
    PngPicture picture;
    picture.scene.width = png_get_image_width(png, info);
    picture.scene.height = png_get_image_height(png, info);
    picture.bit_depth = png_get_bit_depth(png, info);
    picture.color_type = png_get_color_type(png, info);
    picture.interlaced = png_get_interlace_type(png, info) == PNG_INTERLACE_ADAM7;
    auto& layout = picture.scene.layout;
    layout.bits = static_cast<std::uint8_t>(picture.bit_depth == 16 ? 16 : 8);
    const bool is_palette = picture.color_type == PNG_COLOR_TYPE_PALETTE;
    layout.colors = !is_palette && (picture.color_type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    if ((picture.color_type & PNG_COLOR_MASK_ALPHA) != 0) {
      layout.extras = 1;
      layout.alpha = image::Alpha::unassociated;
    }
    png_colorp colors = nullptr;
    int color_count = 0;
    if (is_palette) png_get_PLTE(png, info, &colors, &color_count);
    for (int i = 0; i < color_count; ++i) {
      picture.palette.insert(picture.palette.end(), {colors[i].red, colors[i].green, colors[i].blue});
    }
    picture.transparency = png_find(bytes, "tRNS").data;
    png_set_packing(png);
    if (std::endian::native == std::endian::little) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    image::Block block;
    block.width = picture.scene.width;
    block.height = picture.scene.height;
    block.stride = png_get_rowbytes(png, info);
    block.pixels.resize(block.stride * block.height);
    std::vector<png_bytep> rows(block.height);
    for (std::size_t y = 0; y < rows.size(); ++y) {
      rows[y] = reinterpret_cast<png_bytep>(block.pixels.data() + y * block.stride);
    }
    png_read_image(png, rows.data());
    png_read_end(png, info);
    picture.scene.samples.resize(std::size_t{block.width} * block.height * layout.samples());
    paste(picture.scene, block, 0);
    return picture;
  };
  try {
    PngPicture picture = read();
    png_destroy_read_struct(&png, &info, nullptr);
    return picture;
  } catch (...) {
    png_destroy_read_struct(&png, &info, nullptr);
    throw;
  }
}

}  // namespace ece465::testing
