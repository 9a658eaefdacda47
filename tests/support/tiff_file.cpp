#include "tiff_file.hpp"

#include <tiffio.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace ece465::testing {
namespace {

/// A file in memory for libtiff.
struct Memory {
  std::vector<std::byte> bytes;
  std::uint64_t position = 0;
  std::string complaint;
  bool writing = false;

  static Memory& of(thandle_t data) { return *static_cast<Memory*>(data); }
  static tmsize_t read(thandle_t data, void* to, tmsize_t n) {
    Memory& self = of(data);
    if (self.position >= self.bytes.size()) return 0;
    const auto available = std::min<std::uint64_t>(static_cast<std::uint64_t>(n), self.bytes.size() - self.position);
    std::memcpy(to, self.bytes.data() + self.position, available);
    self.position += available;
    return static_cast<tmsize_t>(available);
  }
  static tmsize_t write(thandle_t data, void* from, tmsize_t n) {
    Memory& self = of(data);
    const std::uint64_t end = self.position + static_cast<std::uint64_t>(n);
    if (self.bytes.size() < end) self.bytes.resize(end);
    std::memcpy(self.bytes.data() + self.position, from, static_cast<std::size_t>(n));
    self.position = end;
    return n;
  }
  static toff_t seek(thandle_t data, toff_t offset, int whence) {
    Memory& self = of(data);
    if (whence == SEEK_CUR) offset += self.position;
    if (whence == SEEK_END) offset += self.bytes.size();
    return self.position = offset;
  }
  static toff_t size(thandle_t data) { return of(data).bytes.size(); }
  static int close(thandle_t) { return 0; }
  static int complain(TIFF*, void* data, const char*, const char* format, va_list arguments) {
    char text[300];
    std::vsnprintf(text, sizeof text, format, arguments);
    auto& complaint = static_cast<Memory*>(data)->complaint;
    if (complaint.empty()) complaint = text;
    return 1;
  }
  static int warn(TIFF* tiff, void* data, const char* module, const char* format, va_list arguments) {
    // Some tests use private tags, which libtiff does not know, and odd inputs, on purpose.
    if (of(data).writing || std::strstr(format, "Unknown field") != nullptr) return 1;
    return complain(tiff, data, module, format, arguments);
  }
};

using Handle = std::unique_ptr<TIFF, decltype(&TIFFClose)>;

Handle open(Memory& memory, const std::string& mode) {
  TIFFOpenOptions* const options = TIFFOpenOptionsAlloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options, &Memory::complain, &memory);
  TIFFOpenOptionsSetWarningHandlerExtR(options, &Memory::warn, &memory);
  Handle handle(TIFFClientOpenExt("test", mode.c_str(), &memory, &Memory::read, &Memory::write, &Memory::seek,
                                  &Memory::close, &Memory::size, nullptr, nullptr, options),
                &TIFFClose);
  TIFFOpenOptionsFree(options);
  if (!handle) throw std::runtime_error("libtiff: " + memory.complaint);
  return handle;
}

void check(bool good, const Memory& memory, const char* what) {
  if (!good || !memory.complaint.empty()) throw std::runtime_error(std::string(what) + ": " + memory.complaint);
}

void set_tags(TIFF* t, const Scene& scene, const TiffShape& shape) {
  const auto& layout = scene.layout;
  TIFFSetField(t, TIFFTAG_IMAGEWIDTH, scene.width);
  TIFFSetField(t, TIFFTAG_IMAGELENGTH, scene.height);
  TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, layout.bits);
  TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, static_cast<unsigned>(layout.samples()));
  TIFFSetField(t, TIFFTAG_PLANARCONFIG, shape.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(t, TIFFTAG_COMPRESSION, shape.compression);
  if (shape.predictor != 1) TIFFSetField(t, TIFFTAG_PREDICTOR, shape.predictor);
  if (shape.mirrored_bits) TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
  TIFFSetField(t, TIFFTAG_PHOTOMETRIC,
               !shape.red.empty()      ? PHOTOMETRIC_PALETTE
               : shape.h_sampling != 0 ? PHOTOMETRIC_YCBCR
               : layout.colors == 3    ? PHOTOMETRIC_RGB
               : layout.inverted       ? PHOTOMETRIC_MINISWHITE
                                       : PHOTOMETRIC_MINISBLACK);
  if (!shape.red.empty()) TIFFSetField(t, TIFFTAG_COLORMAP, shape.red.data(), shape.green.data(), shape.blue.data());
  if (layout.extras > 0) {
    std::vector<std::uint16_t> extras(layout.extras, EXTRASAMPLE_UNSPECIFIED);
    if (layout.alpha == image::Alpha::associated) extras[0] = EXTRASAMPLE_ASSOCALPHA;
    if (layout.alpha == image::Alpha::unassociated) extras[0] = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(t, TIFFTAG_EXTRASAMPLES, static_cast<unsigned>(extras.size()), extras.data());
  }
  if (shape.compression == COMPRESSION_JPEG) TIFFSetField(t, TIFFTAG_JPEGQUALITY, shape.quality);
  if (shape.h_sampling != 0) {
    TIFFSetField(t, TIFFTAG_YCBCRSUBSAMPLING, shape.h_sampling, shape.v_sampling);
    TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  if (shape.tile_width != 0) {
    TIFFSetField(t, TIFFTAG_TILEWIDTH, shape.tile_width);
    TIFFSetField(t, TIFFTAG_TILELENGTH, shape.tile_height);
  } else {
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, shape.rows_per_strip);
  }
  if (shape.tags) shape.tags(t);
}

/// Calls `f(plane, left, top, width, height, index)` for every strip or tile, clipped to the page.
template <class F>
void for_each_segment(TIFF* t, const Scene& scene, bool planar, F&& f) {
  std::uint32_t width = scene.width, height = scene.height;
  if (TIFFIsTiled(t) != 0) {
    TIFFGetField(t, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(t, TIFFTAG_TILELENGTH, &height);
  } else {
    TIFFGetFieldDefaulted(t, TIFFTAG_ROWSPERSTRIP, &height);
    height = std::min(height, scene.height);
  }
  std::uint32_t index = 0;
  for (std::size_t plane = 0; plane < (planar ? scene.layout.samples() : 1); ++plane) {
    for (std::uint32_t top = 0; top < scene.height; top += height) {
      for (std::uint32_t left = 0; left < scene.width; left += width) {
        f(plane, left, top, std::min(width, scene.width - left), std::min(height, scene.height - top), index++, width);
      }
    }
  }
}

template <class Sample>
void write_pixels(TIFF* t, const Scene& scene, bool planar) {
  const std::size_t per_pixel = planar ? 1 : scene.layout.samples();
  const bool tiled = TIFFIsTiled(t) != 0;
  std::vector<Sample> buffer(static_cast<std::size_t>(tiled ? TIFFTileSize(t) : TIFFStripSize(t)) / sizeof(Sample) * 3);
  for_each_segment(t, scene, planar,
                   [&](std::size_t plane, std::uint32_t left, std::uint32_t top, std::uint32_t width,
                       std::uint32_t height, std::uint32_t index, std::uint32_t stride) {
                     std::fill(buffer.begin(), buffer.end(), Sample{0xAA});  // padding outside the picture
                     for (std::uint32_t y = 0; y < height; ++y) {
                       for (std::uint32_t x = 0; x < width; ++x) {
                         for (std::size_t s = 0; s < per_pixel; ++s) {
                           buffer[(std::size_t{y} * stride + x) * per_pixel + s] =
                               static_cast<Sample>(scene.at(left + x, top + y, planar ? plane : s));
                         }
                       }
                     }
                     const auto row_bytes = static_cast<tmsize_t>(stride * per_pixel * sizeof(Sample));
                     if (tiled) {
                       TIFFWriteEncodedTile(t, index, buffer.data(), TIFFTileSize(t));
                     } else {
                       TIFFWriteEncodedStrip(t, index, buffer.data(), row_bytes * height);
                     }
                   });
}

template <class Sample>
void read_pixels(TIFF* t, Scene& scene, bool planar) {
  const std::size_t per_pixel = planar ? 1 : scene.layout.samples();
  const bool tiled = TIFFIsTiled(t) != 0;
  std::vector<Sample> buffer(static_cast<std::size_t>(tiled ? TIFFTileSize(t) : TIFFStripSize(t)) / sizeof(Sample) * 3);
  for_each_segment(t, scene, planar,
                   [&](std::size_t plane, std::uint32_t left, std::uint32_t top, std::uint32_t width,
                       std::uint32_t height, std::uint32_t index, std::uint32_t stride) {
                     if (tiled) {
                       TIFFReadEncodedTile(t, index, buffer.data(), -1);
                     } else {
                       TIFFReadEncodedStrip(t, index, buffer.data(), -1);
                     }
                     for (std::uint32_t y = 0; y < height; ++y) {
                       for (std::uint32_t x = 0; x < width; ++x) {
                         for (std::size_t s = 0; s < per_pixel; ++s) {
                           scene.samples[(std::size_t{top + y} * scene.width + left + x) * scene.layout.samples() +
                                         (planar ? plane : s)] = buffer[(std::size_t{y} * stride + x) * per_pixel + s];
                         }
                       }
                     }
                   });
}

Scene read_page(TIFF* t) {
  Scene scene;
  std::uint16_t bits = 1, samples = 1, photometric = 1, planar = 1, extra_count = 0, compression = 1;
  std::uint16_t* extras = nullptr;
  TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &scene.width);
  TIFFGetField(t, TIFFTAG_IMAGELENGTH, &scene.height);
  TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(t, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
  TIFFGetFieldDefaulted(t, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric);
  if (photometric == PHOTOMETRIC_YCBCR) TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  const bool color = photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR;
  scene.layout.bits = static_cast<std::uint8_t>(bits);
  scene.layout.colors = color ? 3 : 1;
  scene.layout.extras = static_cast<std::uint8_t>(samples - scene.layout.colors);
  scene.layout.inverted = photometric == PHOTOMETRIC_MINISWHITE;
  if (extra_count > 0 && extras[0] == EXTRASAMPLE_ASSOCALPHA) scene.layout.alpha = image::Alpha::associated;
  if (extra_count > 0 && extras[0] == EXTRASAMPLE_UNASSALPHA) scene.layout.alpha = image::Alpha::unassociated;
  scene.samples.resize(std::size_t{scene.width} * scene.height * samples);
  const bool separate = planar == PLANARCONFIG_SEPARATE;
  bits == 8 ? read_pixels<std::uint8_t>(t, scene, separate) : read_pixels<std::uint16_t>(t, scene, separate);
  return scene;
}

}  // namespace

std::vector<std::byte> make_tiff(const std::string& mode, const std::function<void(tiff*)>& write) {
  Memory memory;
  memory.writing = true;
  {
    const Handle handle = open(memory, mode);
    write(handle.get());
  }
  check(true, memory, "cannot write");
  return std::move(memory.bytes);
}

std::vector<std::byte> encode_tiff(const std::vector<Scene>& pages, const TiffShape& shape) {
  const std::string mode = std::string("w") + (shape.big_tiff ? "8" : "") + (shape.big_endian ? "b" : "l");
  return make_tiff(mode, [&](TIFF* t) {
    for (const Scene& scene : pages) {
      set_tags(t, scene, shape);
      scene.layout.bits == 8 ? write_pixels<std::uint8_t>(t, scene, shape.planar)
                             : write_pixels<std::uint16_t>(t, scene, shape.planar);
      TIFFWriteDirectory(t);
    }
  });
}

Scene decode_tiff(Bytes file, std::size_t index, std::uint64_t offset) {
  Memory memory;
  memory.bytes.assign(file.begin(), file.end());
  const Handle handle = open(memory, "rm");
  if (offset != 0) {
    check(TIFFSetSubDirectory(handle.get(), offset) != 0, memory, "no such directory");
  } else {
    check(TIFFSetDirectory(handle.get(), static_cast<tdir_t>(index)) != 0, memory, "no such page");
  }
  Scene scene = read_page(handle.get());
  check(true, memory, "cannot read");
  return scene;
}

TiffAnatomy::TiffAnatomy(Bytes file) : file_(file.begin(), file.end()) {
  order = file_.at(0) == std::byte{'I'} ? std::endian::little : std::endian::big;
  big = integer(2, 2) == 43;
  std::uint64_t at = big ? integer(8, 8) : integer(4, 4);
  while (at != 0) {
    chain.push_back(directory_at(at));
    at = chain.back().next;
  }
}

std::uint64_t TiffAnatomy::integer(std::uint64_t at, std::size_t bytes) const {
  if (at + bytes > file_.size()) throw std::runtime_error("an offset beyond the end");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t place = order == std::endian::big ? i : bytes - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(file_[at + place]);
  }
  return value;
}

TiffDirectory TiffAnatomy::directory_at(std::uint64_t offset) const {
  static constexpr std::size_t kBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  if (offset % 2 != 0) throw std::runtime_error("a directory at an odd offset");
  const std::size_t word = big ? 8 : 4, entry_bytes = big ? 20 : 12;
  TiffDirectory directory{.offset = offset, .next = 0, .tags = {}};
  const std::uint64_t count = integer(offset, big ? 8 : 2);
  std::uint64_t at = offset + (big ? 8 : 2);
  int previous = -1;
  for (std::uint64_t i = 0; i < count; ++i, at += entry_bytes) {
    const auto number = static_cast<std::uint16_t>(integer(at, 2));
    if (number <= previous) throw std::runtime_error("tags out of order");
    previous = number;
    TiffTag tag{.type = static_cast<std::uint16_t>(integer(at + 2, 2)),
                .count = integer(at + 4, word),
                .values = {},
                .where = at + 4 + word};
    if (tag.type >= std::size(kBytes) || kBytes[tag.type] == 0) throw std::runtime_error("an unknown type");
    const std::uint64_t bytes = tag.count * kBytes[tag.type];
    if (bytes > word) tag.where = integer(at + 4 + word, word);
    if (bytes > word && tag.where % 2 != 0) throw std::runtime_error("values at an odd offset");
    if (tag.where + bytes > file_.size()) throw std::runtime_error("values beyond the end");
    const auto first = file_.begin() + static_cast<std::ptrdiff_t>(tag.where);
    tag.values.assign(first, first + static_cast<std::ptrdiff_t>(bytes));
    directory.tags.emplace(number, std::move(tag));
  }
  directory.next = integer(at, word);
  return directory;
}

std::vector<std::uint64_t> TiffAnatomy::integers(const TiffDirectory& directory, std::uint16_t number) const {
  const auto found = directory.tags.find(number);
  if (found == directory.tags.end()) return {};
  const TiffTag& tag = found->second;
  std::vector<std::uint64_t> all;
  const std::size_t one = tag.count == 0 ? 1 : tag.values.size() / tag.count;
  for (std::size_t i = 0; i < tag.count; ++i) all.push_back(integer(tag.where + i * one, one));
  return all;
}

Bytes TiffAnatomy::segment(const TiffDirectory& directory, std::size_t index) const {
  const bool tiled = directory.tags.contains(TIFFTAG_TILEOFFSETS);
  const auto offset = integers(directory, tiled ? TIFFTAG_TILEOFFSETS : TIFFTAG_STRIPOFFSETS).at(index);
  const auto bytes = integers(directory, tiled ? TIFFTAG_TILEBYTECOUNTS : TIFFTAG_STRIPBYTECOUNTS).at(index);
  if (offset + bytes > file_.size()) throw std::runtime_error("a segment beyond the end");
  return Bytes(file_).subspan(offset, bytes);
}

}  // namespace ece465::testing
