#include "make_image.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ece465::testing {

void die(const std::string& what) {
  std::fprintf(stderr, "make_image: %s\n", what.c_str());
  std::exit(1);
}

image::PixelLayout painted_layout(const ImageSpec& spec) {
  image::PixelLayout layout;
  layout.bits = spec.bits > 8 ? 16 : 8;
  layout.colors = spec.color == Color::rgb || spec.color == Color::ycbcr || spec.color == Color::cmyk ? 3 : 1;
  layout.alpha = spec.alpha;
  layout.extras = static_cast<std::uint8_t>(spec.extras + (spec.alpha != image::Alpha::none ? 1 : 0));
  layout.inverted = spec.color == Color::minwhite;
  return layout;
}

std::vector<Rgb16> make_palette(unsigned bits) {
  std::vector<Rgb16> palette(std::size_t{1} << bits);
  const auto count = static_cast<std::uint32_t>(palette.size());
  for (std::uint32_t level = 0; level < count; ++level) {
    const std::uint32_t v = bits == 8 ? level : 80 + level * 100 / count;  // as shallow_gray maps it
    const auto wide = [](std::uint32_t byte) { return static_cast<std::uint16_t>(std::min(byte, 255U) * 257); };
    palette[(level * 77 + 13) % count] = {wide(v), wide(v * 15 / 16 + 4), wide(v * 3 / 4 + 24)};
  }
  return palette;
}

std::uint8_t shallow_gray(std::uint16_t gray, unsigned bits) {
  const int count = 1 << bits;
  return static_cast<std::uint8_t>(std::clamp((gray - 80) * count / 100, 0, count - 1));
}

std::uint8_t palette_index(std::uint16_t gray, unsigned bits) {
  const std::uint32_t level = bits == 8 ? gray : shallow_gray(gray, bits);
  return static_cast<std::uint8_t>((level * 77 + 13) % (1U << bits));
}

std::vector<std::uint8_t> pack(std::span<const std::uint8_t> values, unsigned bits) {
  if (bits == 8) return {values.begin(), values.end()};
  std::vector<std::uint8_t> packed((values.size() * bits + 7) / 8);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t bit = i * bits;
    packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | values[i] << (8 - bits - bit % 8));
  }
  return packed;
}

void write_image(const ImageSpec& spec, const std::string& path) {
  switch (spec.type) {
    case FileType::jpeg: return write_jpeg(spec, path);
    case FileType::tiff: return write_tiff(spec, path);
    case FileType::png: return write_png(spec, path);
  }
}

}  // namespace ece465::testing
