/// make_image OUT [options]: writes a test image. See --help, and make_image.hpp for the options.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "make_image.hpp"

namespace {

using namespace ece465::testing;
using ece465::image::Alpha;

template <class T>
CLI::CheckedTransformer one_of(std::map<std::string, T> names) {
  return CLI::CheckedTransformer(std::move(names), CLI::ignore_case);
}

/// "2x1" as two numbers.
template <class T>
void add_pair(CLI::App& app, const std::string& name, T& first, T& second, const std::string& help) {
  app.add_option_function<std::string>(
         name,
         [&first, &second](const std::string& text) {
           unsigned a = 0, b = 0;
           if (std::sscanf(text.c_str(), "%ux%u", &a, &b) != 2) throw CLI::ValidationError(text, "not like 2x1");
           first = static_cast<T>(a);
           second = static_cast<T>(b);
         },
         help)
      ->type_name("AxB");
}

}  // namespace

int main(int argc, char** argv) {
  ImageSpec spec;
  std::string path;
  CLI::App app("Writes a test image: a low-contrast landscape, the same for the same options", "make_image");
  app.add_option("out", path, "File to write: JPEG if it ends in .jpg, PNG if in .png, else TIFF; see also --format")
      ->required();
  std::optional<FileType> type;
  app.add_option("--format", type, "jpeg, tiff or png")
      ->transform(one_of<FileType>({{"jpeg", FileType::jpeg}, {"tiff", FileType::tiff}, {"png", FileType::png}}));
  add_pair(app, "--size", spec.width, spec.height, "In pixels (default 640x480)");
  app.add_option("--seed", spec.seed, "Seed of the picture");
  app.add_option("--color", spec.color, "gray, minwhite, rgb, ycbcr, palette or cmyk")
      ->transform(one_of<Color>({{"gray", Color::gray},
                                 {"minwhite", Color::minwhite},
                                 {"rgb", Color::rgb},
                                 {"ycbcr", Color::ycbcr},
                                 {"palette", Color::palette},
                                 {"cmyk", Color::cmyk}}));
  app.add_option("--bits", spec.bits, "8 or 16; 1, 2, 4 for gray and palette; 32 for float TIFF")
      ->check(CLI::IsMember({1, 2, 4, 8, 16, 32}));
  app.add_option("--alpha", spec.alpha, "none, unassociated or associated")
      ->transform(one_of<Alpha>(
          {{"none", Alpha::none}, {"unassociated", Alpha::unassociated}, {"associated", Alpha::associated}}));
  app.add_option("--extras", spec.extras, "TIFF: additional samples per pixel");
  app.add_flag("--metadata", spec.metadata, "EXIF, ICC, XMP, comments, resolution, private tags");
  app.add_option("--icc-bytes", spec.icc_bytes, "Pad the ICC profile to this size");

  app.add_option("--quality", spec.quality, "JPEG: 1 to 100")->group("JPEG");
  add_pair(app, "--sampling", spec.h_sampling, spec.v_sampling, "JPEG: sampling factors of Y: 1x1 2x1 2x2 1x2 4x1");
  app.add_flag("--progressive", spec.progressive)->group("JPEG");
  app.add_flag("--arithmetic", spec.arithmetic, "Arithmetic coding")->group("JPEG");
  app.add_flag("--optimize", spec.optimize, "Optimized Huffman tables")->group("JPEG");
  app.add_option("--restart-rows", spec.restart_rows, "MCU rows between restart markers")->group("JPEG");

  app.add_option("--compression", spec.compression, "none lzw deflate packbits zstd jpeg")->group("TIFF");
  app.add_flag("--predictor", spec.predictor, "Store differences")->group("TIFF");
  app.add_option("--rows-per-strip", spec.rows_per_strip)->group("TIFF");
  add_pair(app, "--tile", spec.tile_width, spec.tile_height, "Tiles instead of strips, e.g. 256x256");
  app.add_flag("--planar", spec.planar, "Separate planes")->group("TIFF");
  app.add_flag("--big-endian", spec.big_endian)->group("TIFF");
  app.add_flag("--bigtiff", spec.big_tiff)->group("TIFF");
  app.add_option("--pages", spec.pages)->group("TIFF");

  app.add_flag("--interlaced", spec.interlaced)->group("PNG");
  app.add_flag("--transparent", spec.transparent, "A tRNS chunk")->group("PNG");
  app.add_option("--gamma", spec.gamma, "A gAMA chunk, e.g. 0.45455")->group("PNG");
  CLI11_PARSE(app, argc, argv);

  const std::string extension = path.substr(std::min(path.find_last_of('.'), path.size()));
  spec.type = type                  ? *type
              : extension == ".jpg" ? FileType::jpeg
              : extension == ".png" ? FileType::png
                                    : FileType::tiff;
  write_image(spec, path);
}
