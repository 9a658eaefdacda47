#include <tiffio.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <map>

#include "make_image.hpp"

namespace ece465::testing {
namespace {

// Tags that libtiff does not know: a vendor's private text and numbers, and GeoTIFF's pixel scale.
constexpr std::uint32_t kPrivateText = 65000, kPrivateNumbers = 65001, kModelPixelScale = 33550;

void register_private_tags(TIFF* tiff) {
  static std::string text_name = "PrivateText", numbers_name = "PrivateNumbers", scale_name = "ModelPixelScaleTag";
  static const std::array<TIFFFieldInfo, 3> fields{{
      {kModelPixelScale, -1, -1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, scale_name.data()},
      {kPrivateText, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, text_name.data()},
      {kPrivateNumbers, -1, -1, TIFF_SHORT, FIELD_CUSTOM, 1, 1, numbers_name.data()},
  }};
  TIFFMergeFieldInfo(tiff, fields.data(), fields.size());
}

std::uint16_t compression_of(const ImageSpec& spec) {
  static const std::map<std::string, std::uint16_t> known{
      {"none", COMPRESSION_NONE},         {"lzw", COMPRESSION_LZW},   {"deflate", COMPRESSION_ADOBE_DEFLATE},
      {"packbits", COMPRESSION_PACKBITS}, {"zstd", COMPRESSION_ZSTD}, {"jpeg", COMPRESSION_JPEG},
  };
  const auto found = known.find(spec.compression);
  if (found == known.end()) die("unknown compression: " + spec.compression);
  return found->second;
}

std::uint16_t photometric_of(const ImageSpec& spec) {
  switch (spec.color) {
    case Color::gray: return PHOTOMETRIC_MINISBLACK;
    case Color::minwhite: return PHOTOMETRIC_MINISWHITE;
    case Color::rgb: return PHOTOMETRIC_RGB;
    case Color::ycbcr: return PHOTOMETRIC_YCBCR;
    case Color::palette: return PHOTOMETRIC_PALETTE;
    case Color::cmyk: return PHOTOMETRIC_SEPARATED;
  }
  return PHOTOMETRIC_MINISBLACK;
}

/// Samples stored per pixel. For CMYK the painter does not paint black.
std::size_t stored_samples(const ImageSpec& spec) {
  return painted_layout(spec).samples() + (spec.color == Color::cmyk ? 1 : 0);
}

void set_layout(TIFF* tiff, const ImageSpec& spec) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, spec.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, spec.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, spec.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, static_cast<unsigned>(stored_samples(spec)));
  if (spec.bits == 32) TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  std::vector<std::uint16_t> extras;
  if (spec.alpha == image::Alpha::associated) extras.push_back(EXTRASAMPLE_ASSOCALPHA);
  if (spec.alpha == image::Alpha::unassociated) extras.push_back(EXTRASAMPLE_UNASSALPHA);
  extras.insert(extras.end(), spec.extras, EXTRASAMPLE_UNSPECIFIED);
  if (!extras.empty()) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, static_cast<unsigned>(extras.size()), extras.data());

  const std::uint16_t compression = compression_of(spec);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric_of(spec));
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, spec.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  if (spec.predictor)
    TIFFSetField(tiff, TIFFTAG_PREDICTOR, spec.bits == 32 ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
  if (compression == COMPRESSION_JPEG) {
    TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, spec.quality);
    if (spec.color == Color::ycbcr) {
      TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, spec.h_sampling, spec.v_sampling);
      TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);  // rows come as RGB
    }
  }
  if (spec.color == Color::palette) {
    std::array<std::vector<std::uint16_t>, 3> map;
    for (const auto& c : make_palette(spec.bits)) {
      map[0].push_back(c.red);
      map[1].push_back(c.green);
      map[2].push_back(c.blue);
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0].data(), map[1].data(), map[2].data());
  }
  if (spec.tile_width != 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, spec.tile_width);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, spec.tile_height != 0 ? spec.tile_height : spec.tile_width);
    return;
  }
  std::uint32_t rows = spec.rows_per_strip;
  if (rows == 0) {
    constexpr std::size_t kStripBytes = std::size_t{64} << 10;
    const std::size_t row_bytes = std::max<std::size_t>(1, spec.width * stored_samples(spec) * spec.bits / 8);
    rows = static_cast<std::uint32_t>(std::max<std::size_t>(1, kStripBytes / row_bytes));
    if (compression == COMPRESSION_JPEG) rows = (rows + 15) / 16 * 16;  // whole MCUs
  }
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, std::min(rows, spec.height));
}

void set_metadata(TIFF* tiff, const ImageSpec& spec, std::uint64_t exif_offset) {
  register_private_tags(tiff);
  TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, comment_text().c_str());
  TIFFSetField(tiff, TIFFTAG_MAKE, "ECE465");
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_RIGHTTOP);
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 300.0);
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 300.0);
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  TIFFSetField(tiff, TIFFTAG_DATETIME, "2024:03:10 08:30:00");
  const auto icc = make_icc(spec.color != Color::gray && spec.color != Color::minwhite, spec.icc_bytes);
  TIFFSetField(tiff, TIFFTAG_ICCPROFILE, static_cast<std::uint32_t>(icc.size()), icc.data());
  TIFFSetField(tiff, TIFFTAG_XMLPACKET, static_cast<std::uint32_t>(xmp_packet().size()), xmp_packet().data());
  TIFFSetField(tiff, kPrivateText, "a vendor's own words");
  const std::array<std::uint16_t, 5> numbers{3, 1, 4, 1, 5};
  TIFFSetField(tiff, kPrivateNumbers, static_cast<unsigned>(numbers.size()), numbers.data());
  const std::array<double, 3> scale{0.5, 0.5, 0.0};
  TIFFSetField(tiff, kModelPixelScale, static_cast<unsigned>(scale.size()), scale.data());
  TIFFSetField(tiff, TIFFTAG_EXIFIFD, exif_offset);
}

/// Writes an EXIF directory and returns its offset.
std::uint64_t write_exif(TIFF* tiff, const std::string& path) {
  std::uint64_t offset = 0;
  TIFFCreateEXIFDirectory(tiff);
  TIFFSetField(tiff, EXIFTAG_EXPOSURETIME, 1.0 / 250);
  TIFFSetField(tiff, EXIFTAG_FNUMBER, 5.6);
  TIFFSetField(tiff, EXIFTAG_DATETIMEORIGINAL, "2024:03:10 08:29:59");
  if (TIFFWriteCustomDirectory(tiff, &offset) == 0) die(path + ": cannot write the EXIF directory");
  TIFFFreeDirectory(tiff);
  TIFFCreateDirectory(tiff);
  return offset;
}

/// Converts painted samples to a stored row: all components or, if planar, component `plane`.
class RowEncoder {
 public:
  RowEncoder(const ImageSpec& spec, std::size_t plane)
      : spec_(spec), painted_(painted_layout(spec).samples()), stored_(stored_samples(spec)), plane_(plane) {}

  [[nodiscard]] std::size_t row_bytes() const { return (spec_.width * per_pixel() * spec_.bits + 7) / 8; }

  void encode(std::span<const std::uint16_t> samples, std::vector<std::uint8_t>& row) {
    values_.resize(spec_.width * per_pixel());
    std::size_t at = 0;
    for (std::size_t x = 0; x < spec_.width; ++x) {
      const std::size_t first = spec_.planar ? plane_ : 0, last = spec_.planar ? plane_ + 1 : stored_;
      for (std::size_t c = first; c < last; ++c) values_[at++] = sample(samples.subspan(x * painted_, painted_), c);
    }
    row.resize(row_bytes());
    if (spec_.bits == 16) {
      std::memcpy(row.data(), values_.data(), row.size());
    } else if (spec_.bits == 32) {
      std::vector<float> reals(values_.begin(), values_.end());
      for (float& v : reals) v /= 65535;
      std::memcpy(row.data(), reals.data(), row.size());
    } else {
      const std::vector<std::uint8_t> bytes(values_.begin(), values_.end());
      row = pack(bytes, spec_.bits);
    }
  }

 private:
  [[nodiscard]] std::size_t per_pixel() const { return spec_.planar ? 1 : stored_; }
  [[nodiscard]] std::uint16_t sample(std::span<const std::uint16_t> pixel, std::size_t c) const {
    if (spec_.color == Color::palette) return palette_index(pixel[0], spec_.bits);
    if (spec_.bits < 8) return shallow_gray(pixel[0], spec_.bits);
    if (spec_.color != Color::cmyk) return pixel[c];
    if (c == 3) return 0;  // no black
    const int max = spec_.bits == 8 ? 255 : 65535;
    return c < 3 ? static_cast<std::uint16_t>(max - pixel[c]) : pixel[c - 1];
  }

  const ImageSpec& spec_;
  std::size_t painted_, stored_, plane_;
  std::vector<std::uint16_t> values_;
};

void write_strips(TIFF* tiff, const ImageSpec& spec, const std::string& path, std::size_t plane) {
  const auto layout = painted_layout(spec);
  LandscapePainter painter(spec.width, spec.height, layout, spec.seed);
  RowEncoder encoder(spec, plane);
  std::vector<std::uint16_t> samples(std::size_t{spec.width} * layout.samples());
  std::vector<std::uint8_t> row;
  for (std::uint32_t y = 0; y < spec.height; ++y) {
    painter.paint(y, samples);
    encoder.encode(samples, row);
    if (TIFFWriteScanline(tiff, row.data(), y, static_cast<std::uint16_t>(plane)) < 0) die(path + ": cannot write");
  }
}

void write_tiles(TIFF* tiff, const ImageSpec& spec, const std::string& path, std::size_t plane) {
  if (spec.bits < 8) die("tiles of less than 8 bits are not made");
  const auto layout = painted_layout(spec);
  LandscapePainter painter(spec.width, spec.height, layout, spec.seed);
  RowEncoder encoder(spec, plane);
  const std::uint32_t tile_height = spec.tile_height != 0 ? spec.tile_height : spec.tile_width;
  const std::size_t pixel_bytes = encoder.row_bytes() / spec.width;
  const std::size_t tile_row = spec.tile_width * pixel_bytes;
  std::vector<std::uint16_t> samples(std::size_t{spec.width} * layout.samples());
  std::vector<std::uint8_t> row, band, tile(static_cast<std::size_t>(TIFFTileSize(tiff)));
  for (std::uint32_t top = 0; top < spec.height; top += tile_height) {
    const std::uint32_t rows = std::min(tile_height, spec.height - top);
    band.clear();
    for (std::uint32_t y = 0; y < rows; ++y) {
      painter.paint(top + y, samples);
      encoder.encode(samples, row);
      band.insert(band.end(), row.begin(), row.end());
    }
    for (std::uint32_t left = 0; left < spec.width; left += spec.tile_width) {
      std::fill(tile.begin(), tile.end(), std::uint8_t{0xAA});  // padding outside the picture
      const std::size_t n = std::min(tile_row, (spec.width - left) * pixel_bytes);
      for (std::uint32_t y = 0; y < rows; ++y) {
        std::memcpy(tile.data() + y * tile_row, band.data() + y * row.size() + left * pixel_bytes, n);
      }
      if (TIFFWriteTile(tiff, tile.data(), left, top, 0, static_cast<std::uint16_t>(plane)) < 0) {
        die(path + ": cannot write");
      }
    }
  }
}

}  // namespace

void write_tiff(const ImageSpec& spec, const std::string& path) {
  const std::string mode = std::string("w") + (spec.big_tiff ? "8" : "") + (spec.big_endian ? "b" : "l");
  TIFF* tiff = TIFFOpen(path.c_str(), mode.c_str());
  if (tiff == nullptr) die(path + ": cannot write");
  const std::uint64_t exif = spec.metadata ? write_exif(tiff, path) : 0;
  ImageSpec page = spec;
  for (unsigned i = 0; i < spec.pages; ++i, ++page.seed) {
    set_layout(tiff, page);
    if (spec.metadata) set_metadata(tiff, page, exif);
    if (spec.pages > 1) {
      TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
      TIFFSetField(tiff, TIFFTAG_PAGENUMBER, i, spec.pages);
    }
    for (std::size_t plane = 0; plane < (spec.planar ? stored_samples(spec) : 1); ++plane) {
      spec.tile_width != 0 ? write_tiles(tiff, page, path, plane) : write_strips(tiff, page, path, plane);
    }
    if (TIFFWriteDirectory(tiff) == 0) die(path + ": cannot write");
  }
  TIFFClose(tiff);
}

}  // namespace ece465::testing
