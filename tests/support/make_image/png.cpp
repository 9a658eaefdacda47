#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>

#include "make_image.hpp"

namespace ece465::testing {
namespace {

void on_error(png_structp, png_const_charp what) { die(std::string("libpng: ") + what); }
void on_warning(png_structp, png_const_charp what) { std::fprintf(stderr, "make_image: libpng: %s\n", what); }

int color_type(const ImageSpec& spec) {
  const bool alpha = spec.alpha != image::Alpha::none;
  switch (spec.color) {
    case Color::gray: return alpha ? PNG_COLOR_TYPE_GRAY_ALPHA : PNG_COLOR_TYPE_GRAY;
    case Color::rgb: return alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB;
    case Color::palette: return PNG_COLOR_TYPE_PALETTE;
    default: die("PNG supports gray, rgb and palette");
  }
}

void set_metadata(png_structp png, png_infop info, const ImageSpec& spec) {
  const auto icc = make_icc(spec.color != Color::gray, spec.icc_bytes);
  png_set_iCCP(png, info, "ECE465 test profile", PNG_COMPRESSION_TYPE_BASE, icc.data(),
               static_cast<png_uint_32>(icc.size()));
  auto exif = make_exif();
  png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), exif.data());
  png_set_pHYs(png, info, 11811, 11811, PNG_RESOLUTION_METER);  // 300 dpi
  const png_time time{2024, 3, 10, 8, 30, 0};
  png_set_tIME(png, info, &time);

  // One of each kind: plain, compressed, international.
  std::string title = "Title", comment = "Comment", xmp_key = "XML:com.adobe.xmp", none;
  std::string title_text = "Landscape", comment_value = comment_text(), xmp = xmp_packet();
  std::array<png_text, 3> texts{};
  texts[0].compression = PNG_TEXT_COMPRESSION_NONE;
  texts[0].key = title.data();
  texts[0].text = title_text.data();
  texts[1].compression = PNG_TEXT_COMPRESSION_zTXt;
  texts[1].key = comment.data();
  texts[1].text = comment_value.data();
  texts[2].compression = PNG_ITXT_COMPRESSION_NONE;
  texts[2].key = xmp_key.data();
  texts[2].text = xmp.data();
  texts[2].lang = none.data();
  texts[2].lang_key = none.data();
  png_set_text(png, info, texts.data(), static_cast<int>(texts.size()));
}

void set_palette(png_structp png, png_infop info, const ImageSpec& spec) {
  std::vector<png_color> colors;
  for (const auto& c : make_palette(spec.bits)) {
    colors.push_back(
        {static_cast<png_byte>(c.red >> 8), static_cast<png_byte>(c.green >> 8), static_cast<png_byte>(c.blue >> 8)});
  }
  png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
}

void set_transparency(png_structp png, png_infop info, const ImageSpec& spec) {
  if (spec.color == Color::palette) {
    const std::array<png_byte, 2> alpha{0, 128};
    png_set_tRNS(png, info, alpha.data(), static_cast<int>(alpha.size()), nullptr);
  } else {
    png_color_16 color{};
    color.gray = color.red = color.green = color.blue = spec.bits == 16 ? 31000 : spec.bits == 8 ? 121 : 1;
    png_set_tRNS(png, info, nullptr, 0, &color);
  }
}

}  // namespace

void write_png(const ImageSpec& spec, const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) die(path + ": cannot write");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, on_error, on_warning);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, spec.width, spec.height, static_cast<int>(spec.bits), color_type(spec),
               spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (spec.color == Color::palette) set_palette(png, info, spec);
  if (spec.transparent) set_transparency(png, info, spec);
  if (spec.gamma) png_set_gAMA(png, info, *spec.gamma);
  if (spec.metadata) set_metadata(png, info, spec);
  png_write_info(png, info);
  if (spec.bits == 16 && std::endian::native == std::endian::little) png_set_swap(png);
  if (spec.bits < 8) png_set_packing(png);

  const auto layout = painted_layout(spec);
  std::vector<std::uint16_t> samples(std::size_t{spec.width} * layout.samples());
  std::vector<png_byte> bytes(samples.size());
  const int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass) {
    // Painted again for every pass, so that interlaced images need not be kept in memory.
    LandscapePainter painter(spec.width, spec.height, layout, spec.seed);
    for (std::uint32_t y = 0; y < spec.height; ++y) {
      painter.paint(y, samples);
      if (spec.bits == 16) {
        png_write_row(png, reinterpret_cast<png_bytep>(samples.data()));
        continue;
      }
      std::transform(samples.begin(), samples.end(), bytes.begin(), [&](std::uint16_t v) {
        if (spec.color == Color::palette) return palette_index(v, spec.bits);
        return spec.bits < 8 ? shallow_gray(v, spec.bits) : static_cast<png_byte>(v);
      });
      png_write_row(png, bytes.data());
    }
  }
  png_write_end(png, nullptr);  // with `info`, libpng would write EXIF a second time
  png_destroy_write_struct(&png, &info);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) die(path + ": cannot write");
}

}  // namespace ece465::testing
